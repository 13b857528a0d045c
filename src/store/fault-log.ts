import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { Ended } from "../records/index.js";
import { writersFolder } from "./writer-state.js";

/** `writers/<writer>.log`: one plain line a fault, for a person with `tail` and `grep`. Made when first needed. */
export interface FaultLog {
  add(ended: Ended): void;
  close(): Promise<void>;
}

/** The journal has every fault too, so a log that cannot be written stops nothing. */
export function openFaultLog(root: string, writer: string): FaultLog {
  let stream: WriteStream | null = null;
  return {
    add(ended) {
      if (ended.fault === null) return;
      if (stream === null) {
        stream = createWriteStream(join(writersFolder(root), `${writer}.log`), { flags: "ax" });
        stream.on("error", () => undefined);
      }
      stream.write(faultLine(ended, ended.fault));
    },
    close: () =>
      new Promise((resolve) => {
        if (stream === null || stream.destroyed) resolve();
        else stream.on("close", () => resolve()).end();
      }),
  };
}

function faultLine(ended: Ended, fault: NonNullable<Ended["fault"]>): string {
  const fields = [ended.endedAt, ended.model, ended.endpoint, ended.image, ended.attempt, fault.kind];
  // As JSON, a server's line breaks and terminal controls stay inert.
  return `${fields.join("\t")}\t${JSON.stringify(fault.message)}\n`;
}
