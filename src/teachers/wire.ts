import type { Capabilities } from "../records/index.js";

/** How requests to one server differ from what the recipe says. */
export interface Wire {
  /** Fields of the body that the server refuses and the question can do without. */
  readonly omit: readonly string[];
  /** Fields that only change how the reply travels. */
  readonly add: Readonly<Record<string, unknown>>;
  /** Whether a picture that is a file goes out as its `file://` address. */
  readonly fileUrls: boolean;
}

/** Everything as the recipe says, pictures as base64. */
export const PLAIN_WIRE: Wire = { omit: [], add: {}, fileUrls: false };

/** Tokens a piece of a stream: one eighth of the bytes of a stream of single tokens (measured on vLLM 0.32). */
export const STREAM_INTERVAL = 20;

/** Fields of ours that say how the reply travels, not what is asked. */
export const TRAVEL_FIELDS = ["stream_options", "stream_interval"];

/** What the probe found, as the shape of requests. `mayDrop`: fields of the dialect, without which a server can still be asked. */
export function planWire(seen: Capabilities, mayDrop: readonly string[]): Wire {
  const dispensable = new Set([...mayDrop, ...TRAVEL_FIELDS]);
  return {
    omit: seen.refusedFields.filter((name) => dispensable.has(name)),
    add: seen.takesStreamInterval === true ? { stream_interval: STREAM_INTERVAL } : {},
    fileUrls: seen.readsFiles === true,
  };
}
