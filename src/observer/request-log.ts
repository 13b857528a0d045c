import { closeSync, openSync, writeSync } from "node:fs";
import { UserError } from "../records/index.js";

/** One chat request as the server saw it. */
export interface LoggedRequest {
  /** The `x-request-id` it came with. */
  readonly requestId: string | null;
  /** Null where the client left before an answer began. */
  readonly status: number | null;
  /** Null for a reply that did not reach its end. */
  readonly finish: string | null;
}

export interface RequestLog {
  add(request: LoggedRequest): void;
  close(): void;
}

/** Appends a JSON line a request to a file; without a path it does nothing. Throws a `UserError` where the file cannot be opened. */
export function openRequestLog(path: string | null): RequestLog {
  if (path === null) return { add: () => undefined, close: () => undefined };
  let file: number;
  try {
    file = openSync(path, "a");
  } catch (error) {
    throw new UserError(`cannot write the observer's log ${path}: ${error instanceof Error ? error.message : error}`);
  }
  return {
    add: (request) => {
      writeSync(file, `${JSON.stringify(request)}\n`);
    },
    close: () => closeSync(file),
  };
}
