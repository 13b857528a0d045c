import type { IncomingHttpHeaders } from "node:http";
import type { Fault, Reply } from "../records/index.js";
import { type Asked, badReply, classifyResponse } from "./classify-response.js";
import { describeEnding } from "./describe-ending.js";
import type { Ending, ResponseSink, Stage } from "./exchange.js";
import { type EventReader, openEventReader } from "./read-events.js";
import { faultOfReply, openReplyReader } from "./read-reply.js";

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

/** How a body is read: server-sent events, one JSON document, an error's text, or not known before its first byte. */
type Mode = "events" | "document" | "error" | "guess";

export interface ResponseReader extends ResponseSink {
  status(): number | null;
  /** How much has come: characters of a streamed text, bytes of a body that is read when it is whole. */
  length(): number;
  /** What came of the request, once it is over. */
  finish(ending: Ending): { reply: Reply | null; fault: Fault | null; firstTokenAt: string | null };
}

/** Reads one HTTP response to a chat request, whatever it turns out to be. */
export function openResponseReader(asked: Asked): ResponseReader {
  const reply = openReplyReader(asked);
  const collected: Buffer[] = [];
  let collectedBytes = 0;
  let status: number | null = null;
  let headers: IncomingHttpHeaders = {};
  let mode: Mode = "guess";
  let events: EventReader | null = null;
  let sawData = false;
  let sawBytes = false;
  let atEnd = false;
  let fault: Fault | null = null;

  function onEvent(data: string): void {
    sawData = true;
    if (fault !== null || data === "" || data === "[DONE]") return;
    const problem = reply.read(data);
    // Half an event at the very end is a stream that was cut, not a server that sends bad JSON.
    if (problem !== null && !(atEnd && problem.kind === "bad-reply")) fault = problem;
  }

  function collect(chunk: Buffer, maxBytes: number): void {
    collected.push(chunk.subarray(0, Math.max(0, maxBytes - collectedBytes)));
    collectedBytes += chunk.length;
  }

  function readOn(chunk: Buffer): void {
    if (mode === "guess") mode = /^[\ufeff\s]*[{[]/.test(chunk.toString("utf8", 0, 64)) ? "document" : "events";
    if (mode === "events") {
      events ??= openEventReader(onEvent);
      try {
        events.push(chunk);
      } catch (error) {
        fault ??= badReply(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, "", asked);
      }
      return;
    }
    sawData = true;
    collect(chunk, mode === "error" ? MAX_ERROR_BYTES : MAX_DOCUMENT_BYTES);
    if (mode === "document" && collectedBytes > MAX_DOCUMENT_BYTES) {
      fault ??= badReply(`sent a body of more than ${MAX_DOCUMENT_BYTES} bytes`, "", asked);
    }
  }

  function finishDocument(): void {
    const text = bodyText();
    if (text.trim() === "") return;
    fault ??= reply.read(text);
    if (fault === null && reply.reply()?.content == null && !reply.finished() && !text.includes('"choices"')) {
      fault = badReply("sent JSON that is not a chat completion", text, asked);
    }
  }

  const bodyText = () =>
    Buffer.concat(collected)
      .toString("utf8")
      .replace(/^\ufeff/, "");

  return {
    status: () => status,
    length: () => reply.length() + collectedBytes,
    stage(): Stage {
      if (fault !== null || (mode === "error" && collectedBytes > MAX_ERROR_BYTES)) return "enough";
      if (!sawData) return "waiting";
      return mode === "events" && reply.finished() ? "closing" : "reading";
    },
    start(newStatus, newHeaders) {
      status = newStatus;
      headers = newHeaders;
      mode = modeOf(status, headers);
    },
    data(chunk) {
      sawBytes = true;
      readOn(chunk);
    },
    finish(ending) {
      atEnd = true;
      if (mode === "events" && ending.how === "complete") events?.end();
      if (mode === "document" && ending.how === "complete") finishDocument();
      const partial = reply.reply();
      const result = (found: Fault | null) => ({ reply: partial, fault: found, firstTokenAt: reply.firstTokenAt() });
      if (status !== null && mode === "error" && ending.how !== "interrupted") {
        return result(errorFault(status));
      }
      if (fault !== null) return result(fault);
      if (reply.finished()) return result(faultOfReply(partial, asked));
      if (status === null || ending.how !== "complete") return result(describeEnding(ending, asked.endpoint));
      if (!sawBytes) return result(badReply(`answered ${status} with an empty body`, "", asked));
      return result(faultOfReply(partial, asked));
    },
  };

  function errorFault(seen: number): Fault {
    if (seen < 200 || seen >= 300) return classifyResponse({ status: seen, headers, body: bodyText() }, asked);
    const encoding = headers["content-encoding"];
    const what =
      encoding !== undefined && encoding !== "identity"
        ? `compressed its reply (${encoding}) although that was not asked for`
        : `answered ${seen} with ${headers["content-type"] ?? "an unknown type"} instead of a chat completion`;
    return badReply(what, bodyText(), asked);
  }
}

function modeOf(status: number, headers: IncomingHttpHeaders): Mode {
  if (status < 200 || status >= 300) return "error";
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") return "error";
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === undefined || type === "") return "guess";
  if (type === "text/event-stream") return "events";
  return type === "application/json" || type.endsWith("+json") ? "document" : "error";
}
