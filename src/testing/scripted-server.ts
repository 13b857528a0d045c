import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A request as the scripted server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Counts connections from 0. */
  readonly connection: number;
  /** Counts requests on that connection from 0. */
  readonly turn: number;
}

/** A step of a response body: bytes in a piece of their own, or a pause. */
export type Step = string | Uint8Array | { readonly waitMs: number };

/** What to do with one request. */
export interface Behaviour {
  /** Left out: no response at all, `end` says what happens to the socket. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
  /** `finish` (the default) ends the response, `reset` cuts the socket, `hang` leaves it open in silence. */
  readonly end?: "finish" | "reset" | "hang";
}

export interface ScriptedServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Sockets open now, and the most at once. */
  readonly sockets: { readonly open: number; readonly most: number };
  close(): Promise<void>;
}

/** A small real HTTP server on this machine that does with each request what the script says. */
export async function startScriptedServer(
  script: (request: SeenRequest, index: number) => Behaviour | Promise<Behaviour>,
  /** 0 is any free one; that of a server that was closed starts it again. */
  port = 0,
): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const places = new Map<Socket, { connection: number; turns: number }>();
  const open = new Set<Socket>();
  let most = 0;
  const server = createServer((request, response) => {
    const place = places.get(request.socket) ?? { connection: -1, turns: 0 };
    const turn = place.turns;
    place.turns += 1;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      const { method = "", url = "", headers } = request;
      const entry = { method, path: url, headers, body: Buffer.concat(chunks), connection: place.connection, turn };
      seen.push(entry);
      await behave(await script(entry, seen.length - 1), response);
    });
    // A client that goes away is part of many tests.
    request.on("error", () => {});
    response.on("error", () => {});
  });
  server.on("connection", (socket) => {
    places.set(socket, { connection: places.size, turns: 0 });
    open.add(socket);
    most = Math.max(most, open.size);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    sockets: {
      get open() {
        return open.size;
      },
      get most() {
        return most;
      },
    },
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function behave({ status, headers = {}, steps = [], end = "finish" }: Behaviour, response: ServerResponse) {
  if (status !== undefined) {
    response.writeHead(status, headers);
    response.flushHeaders();
  }
  for (const step of steps) {
    if (typeof step === "object" && "waitMs" in step) await sleep(step.waitMs);
    // A write for each step keeps the pieces apart on the wire.
    else await new Promise<void>((resolve) => response.write(step, () => resolve()));
    if (response.destroyed) return;
  }
  if (end === "finish" && status !== undefined) response.end();
  else if (end === "reset") response.socket?.resetAndDestroy();
}

/** The bytes in pieces of `size`, so that whatever can be cut is cut. */
export function cutEvery(bytes: string | Uint8Array, size: number): Uint8Array[] {
  const whole = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.subarray(at * size, (at + 1) * size));
}
