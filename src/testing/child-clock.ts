/** Source of a preload under which all clocks and timers of a process run `factor` times as fast. */
export function foldClock(factor: number): string {
  return `
    const factor = ${factor};
    for (const name of ["setTimeout", "setInterval"]) {
      const real = globalThis[name];
      globalThis[name] = Object.assign((call, ms, ...rest) => real(call, ms / factor, ...rest), real);
    }
    const monotonic = performance.now.bind(performance);
    Object.defineProperty(performance, "now", { value: () => monotonic() * factor });
    ${otherDate("startedAt + (RealDate.now() - startedAt) * factor")}
  `;
}

/** Source of a preload under which the wall clock of a process jumps back by `ms` when it gets SIGUSR2, and says so. */
export function setBackOnSignal(ms: number): string {
  return `
    let back = 0;
    process.on("SIGUSR2", () => {
      back = ${ms};
      process.stderr.write("the clock was set back\\n");
    });
    ${otherDate("RealDate.now() - back")}
  `;
}

/** `now` is an expression in `RealDate` and `startedAt`. */
function otherDate(now: string): string {
  return `
    const RealDate = Date;
    const startedAt = RealDate.now();
    globalThis.Date = class extends RealDate {
      constructor(...given) { given.length === 0 ? super(new.target.now()) : super(...given); }
      static now() { return ${now}; }
    };
  `;
}
