import type { IncomingHttpHeaders } from "node:http";
import type { Fault, Reply } from "../records/index.js";
import { type Asked, badReply, classifyResponse } from "./classify-response.js";
import { describeEnding } from "./describe-ending.js";
import type { Ending, ResponseSink, Stage } from "./exchange.js";
import { EventReader, type EventSink } from "./read-events.js";
import { faultOfReply, ReplyReader } from "./read-reply.js";

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

/** How a body is read: server-sent events, one JSON document, an error's text, or not known before its first byte. */
type Mode = "events" | "document" | "error" | "guess";

/** What came of a request, once it is over. */
export interface ReadResponse {
  readonly reply: Reply | null;
  readonly fault: Fault | null;
  readonly firstTokenAt: string | null;
}

/** Reads one HTTP response to a chat request, whatever it turns out to be. */
export class ResponseReader implements ResponseSink, EventSink {
  private readonly reply: ReplyReader;
  private readonly collected: Buffer[] = [];
  private collectedBytes = 0;
  private seenStatus: number | null = null;
  private headers: IncomingHttpHeaders = {};
  private mode: Mode = "guess";
  private events: EventReader | null = null;
  private sawData = false;
  private sawBytes = false;
  private atEnd = false;
  private fault: Fault | null = null;

  constructor(private readonly asked: Asked) {
    this.reply = new ReplyReader(asked);
  }

  status(): number | null {
    return this.seenStatus;
  }

  /** How much has come: characters of a streamed text, bytes of a body that is read when it is whole. */
  length(): number {
    return this.reply.length() + this.collectedBytes;
  }

  stage(): Stage {
    if (this.fault !== null || (this.mode === "error" && this.collectedBytes > MAX_ERROR_BYTES)) return "enough";
    if (!this.sawData) return "waiting";
    return this.mode === "events" && this.reply.finished() ? "closing" : "reading";
  }

  start(status: number, headers: IncomingHttpHeaders): void {
    this.seenStatus = status;
    this.headers = headers;
    this.mode = modeOf(status, headers);
  }

  data(chunk: Buffer): void {
    this.sawBytes = true;
    if (this.mode === "guess") {
      this.mode = /^[\ufeff\s]*[{[]/.test(chunk.toString("utf8", 0, 64)) ? "document" : "events";
    }
    if (this.mode === "events") {
      this.events ??= new EventReader(this);
      try {
        this.events.push(chunk);
      } catch (error) {
        this.fault ??= badReply(
          `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
          "",
          this.asked,
        );
      }
      return;
    }
    this.sawData = true;
    this.collect(chunk, this.mode === "error" ? MAX_ERROR_BYTES : MAX_DOCUMENT_BYTES);
    if (this.mode === "document" && this.collectedBytes > MAX_DOCUMENT_BYTES) {
      this.fault ??= badReply(`sent a body of more than ${MAX_DOCUMENT_BYTES} bytes`, "", this.asked);
    }
  }

  event(data: string): void {
    this.sawData = true;
    if (this.fault !== null || data === "" || data === "[DONE]") return;
    const problem = this.reply.read(data);
    // Half an event at the very end is a stream that was cut, not a server that sends bad JSON.
    if (problem !== null && !(this.atEnd && problem.kind === "bad-reply")) this.fault = problem;
  }

  /** What came of the request, once it is over. */
  finish(ending: Ending): ReadResponse {
    this.atEnd = true;
    const status = this.seenStatus;
    if (this.mode === "events" && ending.how === "complete") this.events?.end();
    if (this.mode === "document" && ending.how === "complete") this.finishDocument();
    const partial = this.reply.reply();
    const result = (fault: Fault | null) => ({ reply: partial, fault, firstTokenAt: this.reply.firstTokenAt() });
    if (status !== null && this.mode === "error" && ending.how !== "interrupted") {
      return result(this.errorFault(status));
    }
    if (this.fault !== null) return result(this.fault);
    if (this.reply.finished()) return result(faultOfReply(partial, this.asked));
    if (status === null || ending.how !== "complete") return result(describeEnding(ending, this.asked.endpoint));
    if (!this.sawBytes) return result(badReply(`answered ${status} with an empty body`, "", this.asked));
    return result(faultOfReply(partial, this.asked));
  }

  private collect(chunk: Buffer, maxBytes: number): void {
    this.collected.push(chunk.subarray(0, Math.max(0, maxBytes - this.collectedBytes)));
    this.collectedBytes += chunk.length;
  }

  private finishDocument(): void {
    const text = this.bodyText();
    if (text.trim() === "") return;
    this.fault ??= this.reply.read(text);
    if (
      this.fault === null &&
      this.reply.reply()?.content == null &&
      !this.reply.finished() &&
      !text.includes('"choices"')
    ) {
      this.fault = badReply("sent JSON that is not a chat completion", text, this.asked);
    }
  }

  private bodyText(): string {
    return Buffer.concat(this.collected)
      .toString("utf8")
      .replace(/^\ufeff/, "");
  }

  private errorFault(seen: number): Fault {
    const { headers, asked } = this;
    if (seen < 200 || seen >= 300) return classifyResponse({ status: seen, headers, body: this.bodyText() }, asked);
    const encoding = headers["content-encoding"];
    const what =
      encoding !== undefined && encoding !== "identity"
        ? `compressed its reply (${encoding}) although that was not asked for`
        : `answered ${seen} with ${headers["content-type"] ?? "an unknown type"} instead of a chat completion`;
    return badReply(what, this.bodyText(), asked);
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
