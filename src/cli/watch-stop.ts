import type { StopSwitch } from "../pipeline/run/index.js";
import { say } from "./print.js";

/** A scheduler's signal may arrive twice, once for the whole job and once passed on by its script: that is one request. */
const SAME_REQUEST_MS = 1_000;

/**
 * Ctrl-C, SIGTERM or SIGUSR1 (a scheduler's warning before the limit) once drains, twice stops at once; both leave a
 * good folder.
 */
export async function watchStop(): Promise<StopSwitch> {
  const { StopSwitch: Switch } = await import("../pipeline/run/index.js");
  const stop = new Switch();
  let pressedAt = Number.NEGATIVE_INFINITY;
  const press = (signal: NodeJS.Signals) => {
    if (signal !== "SIGINT" && performance.now() - pressedAt < SAME_REQUEST_MS) return;
    pressedAt = performance.now();
    say(
      stop.draining === null
        ? "stopping: nothing more is started, what is in flight is awaited (once more to stop at once)"
        : "stopping at once",
    );
    stop.press(`stopped by ${signal}`);
  };
  process.on("SIGINT", press);
  process.on("SIGTERM", press);
  process.on("SIGUSR1", press);
  return stop;
}
