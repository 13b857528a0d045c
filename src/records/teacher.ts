import type { Fault, Reply } from "./attempt.js";
import type { PreparedPicture } from "./image.js";

/** Limits of one request in milliseconds; every one is explicit because library defaults end slow replies at 300 s. */
export interface Timeouts {
  readonly connectMs: number;
  /** Until the first byte of the body's first event; a queued request is 200 headers and silence. */
  readonly firstByteMs: number;
  /** Between two bytes of a stream. */
  readonly idleMs: number;
  readonly totalMs: number;
}

/** What came of one request. Exactly what was seen; whether to ask again is decided elsewhere. */
export interface Answer {
  readonly reply: Reply | null;
  readonly fault: Fault | null;
  readonly status: number | null;
  readonly firstTokenAt: string | null;
  readonly endedAt: string;
  /** The server refused the form of the request (a field, a `file://` address), and the next one goes out in another. */
  readonly goesOtherwise?: boolean;
}

/** One request's part that differs from picture to picture. */
export interface Ask {
  readonly picture: PreparedPicture;
  /** `<image>/<model>/<attempt>/<run8>`, sent as `x-request-id`. */
  readonly requestId: string;
  readonly signal?: AbortSignal;
  /** Told how much of the reply arrives, in a unit that stays the same (characters); comments and error bodies are none. */
  readonly onOutput?: (amount: number) => void;
  /** Told, at most once, that the picture's text has been taken over and will not be looked at again for this request. */
  readonly onPictureTaken?: () => void;
  /**
   * Asked first, at most once, for the picture's memory with the room round its text, to write the request there. Null where others
   * still need it; else it is this request's alone until what was given is called, or for good.
   */
  readonly claimPicture?: () => (() => void) | null;
}

/** What a server says of itself. */
export interface EndpointHealth {
  readonly reachable: boolean;
  /** Names it serves; null where it does not tell. */
  readonly models: readonly string[] | null;
  /** One sentence for a person where something is wrong. */
  readonly problem: string | null;
}

/** What a server's gauges say of the whole server, of all its clients. Null is not told. */
export interface ServerLoad {
  readonly running: number | null;
  readonly waiting: number | null;
  /** Share of the KV cache in use, 0 to 1. */
  readonly kvUse: number | null;
  /** Since the server started. */
  readonly preemptions: number | null;
  /** Tokens generated since the server started. */
  readonly generated: number | null;
}

/** One server that answers for one model. A server's misbehaviour is a value, never an exception. */
export interface Teacher {
  /** The recipe's name of the model. */
  readonly name: string;
  /** The endpoint's base URL, without credentials. */
  readonly endpoint: string;
  ask(ask: Ask): Promise<Answer>;
  /** Model list and reachability; asks for no tokens. */
  look(signal?: AbortSignal): Promise<EndpointHealth>;
  /**
   * Knocks at its `/health`: `answers` whatever else it says, `refuses` where nothing listens or its engine is dead (503),
   * `silent` where nothing comes within `timeoutMs`.
   */
  knock(timeoutMs: number): Promise<"answers" | "refuses" | "silent">;
  /** The gauges of its `/metrics`; null where it shows none that are known. */
  readLoad(timeoutMs: number): Promise<ServerLoad | null>;
  /** Whether a one-token text request is answered within `timeoutMs`. */
  answersProbe(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** A message as the chat wire has it; exactly one part of all messages is the picture's place. */
export type MessagePart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } };
export interface Message {
  readonly role: "system" | "user";
  readonly content: string | readonly MessagePart[];
}
