// Loaded before a program (`--import`), it makes time run faster for it: clocks, timers and dates. So the program itself
// is the one a user starts, with all its waits as long as they are, and a day passes in minutes. All processes with the
// same DRILL_CLOCK have the same time of day.
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";

/** `epoch`: real milliseconds at which the folded time began, and was equal to real time. */
const { epoch, factor } = JSON.parse(process.env.DRILL_CLOCK);

const RealDate = Date;
const realNow = Date.now;
const realPerformanceNow = performance.now.bind(performance);
const now = () => epoch + (realNow() - epoch) * factor;

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }
  static now = now;
};
Object.defineProperty(performance, "now", { value: () => realPerformanceNow() * factor });

const sooner = (ms) => (typeof ms === "number" ? ms / factor : ms);
for (const name of ["setTimeout", "setInterval"]) {
  const real = timers[name];
  const waitSoon = timersPromises[name];
  const folded = (call, ms, ...rest) => real(call, sooner(ms), ...rest);
  timersPromises[name] = (ms, ...rest) => waitSoon(sooner(ms), ...rest);
  if (name === "setTimeout") folded[promisify.custom] = timersPromises.setTimeout;
  timers[name] = folded;
  globalThis[name] = folded;
}
const realTimeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => realTimeout(Math.ceil(sooner(ms)));
syncBuiltinESMExports();
