import type { StopSwitch } from "../pipeline/index.js";
import { say } from "./print.js";

/** Ctrl-C or SIGTERM once drains, twice stops at once; both leave a good folder. */
export async function watchStop(): Promise<StopSwitch> {
  const { StopSwitch: Switch } = await import("../pipeline/index.js");
  const stop = new Switch();
  const press = (signal: NodeJS.Signals) => {
    say(
      stop.draining === null
        ? "stopping: nothing more is started, what is in flight is awaited (once more to stop at once)"
        : "stopping at once",
    );
    stop.press(`stopped by ${signal}`);
  };
  process.on("SIGINT", press);
  process.on("SIGTERM", press);
  return stop;
}
