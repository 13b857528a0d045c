import type { ObserverOptions } from "./observer-options.js";
import type { Observer } from "./server.js";

// Fifty modules, which who only wants to know the names of its options should not load.

/**
 * Starts the embedded teacher server: it measures each picture it is sent and writes what it measured, on the wire of
 * OpenAI chat completions as vLLM 0.32 speaks it. Everything it sends says `observer`. Throws a `UsageError` for an
 * option that cannot be meant and a `UserError` where the port is taken or the log cannot be opened.
 */
export async function startObserver(options: ObserverOptions): Promise<Observer> {
  return (await import("./server.js")).startObserver(options);
}
