import { readFileSync } from "node:fs";
import type { Behaviour } from "./scripted-server.js";

/** Framing belongs to the connection, not to the reply. */
const HOP_HEADERS = new Set(["transfer-encoding", "content-length", "connection"]);

/**
 * Reads a recorded exchange: `>>>` lines are the request, `<<< …s head` the response's head, `<<< …s N bytes` a piece
 * as it arrived, the last line says how it ended. Pieces that the recording leaves out stay out.
 */
export function readRecording(file: string | URL): Behaviour {
  let status: number | undefined;
  const headers: Record<string, string> = {};
  const steps: string[] = [];
  let piece: string[] | null = null;
  let end: Behaviour["end"] = "finish";
  const endPiece = () => {
    const text = piece?.join("\n").trimEnd() ?? "";
    // Only events are followed by a blank line; an error's JSON is not.
    if (text !== "") steps.push(headers["content-type"]?.startsWith("text/event-stream") ? `${text}\n\n` : text);
    piece = null;
  };
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (!line.startsWith("<<< ")) {
      piece?.push(line);
      continue;
    }
    endPiece();
    const [, statusCode] = /^<<< HTTP\/1\.[01] (\d+)/.exec(line) ?? [];
    const [, name = "", value = ""] = /^<<< ([a-z][a-z-]*): (.*)$/.exec(line) ?? [];
    if (statusCode !== undefined) status = Number(statusCode);
    else if (name !== "" && !HOP_HEADERS.has(name)) headers[name] = value.trim();
    else if (/^<<< \+[\d.]+s \d+ bytes/.test(line)) piece = [];
    else if (/^<<< \+[\d.]+s timeout/.test(line)) end = "hang";
  }
  endPiece();
  return { ...(status === undefined ? {} : { status }), headers, steps, end };
}
