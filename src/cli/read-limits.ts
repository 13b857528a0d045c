import { UsageError } from "../records/index.js";

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * Milliseconds of `90m`, `2h30m`, `45s`, or as schedulers write it: `MM:SS`, `HH:MM:SS`, and with days `D-HH:MM`,
 * `D-HH:MM:SS` (sbatch's manual). Throws a `UsageError`.
 */
export function readDuration(flag: string, text: string): number {
  const clock =
    /^(?<days>\d+)-(?<hours>\d+):(?<minutes>\d{2})(?::(?<seconds>\d{2}))?$/.exec(text.trim()) ??
    /^(?:(?<hours>\d+):(?=\d{2}:))?(?<minutes>\d+):(?<seconds>\d{2})$/.exec(text.trim());
  if (clock?.groups !== undefined) {
    const { days = "0", hours = "0", minutes = "0", seconds = "0" } = clock.groups;
    return 1000 * (Number(days) * 86_400 + Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds));
  }
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text.trim()) {
    throw new UsageError(`${flag} "${text}" is no duration; write it like 90m, 2h30m or 01:30:00`);
  }
  return 1000 * parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ""] ?? 0), 0);
}

/** Milliseconds from `now` to a deadline: an ISO 8601 time, or a duration from now. Throws a `UsageError`. */
export function readDeadline(text: string, now: number): number {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return readDuration("--deadline", text);
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new UsageError(`--deadline "${text}" is no time; write it like 2026-03-01T06:00:00Z`);
  return at - now;
}

export interface LimitFlags {
  readonly deadline?: string;
  readonly walltime?: string;
  readonly tokenBudget?: number;
  readonly costPerMillion?: number;
  readonly budget?: number;
}

/** What the flags of `run` allow one start to use. */
export interface Allowed {
  readonly timeMs: { readonly ms: number; readonly name: string } | null;
  readonly tokens: { readonly most: number; readonly words: (tokens: number) => string } | null;
}

/** The nearer of two times and the smaller of two budgets. `upMs` is how long this process has run: a walltime starts with it. */
export function readLimits(flags: LimitFlags, now: number, upMs: number): Allowed {
  if ((flags.budget === undefined) !== (flags.costPerMillion === undefined)) {
    throw new UsageError("--budget and --cost-per-million need each other: tokens times price is what is spent");
  }
  const times = [
    ...(flags.deadline === undefined ? [] : [{ ms: readDeadline(flags.deadline, now), name: "--deadline" }]),
    ...(flags.walltime === undefined
      ? []
      : [{ ms: readDuration("--walltime", flags.walltime) - upMs, name: "end of --walltime" }]),
  ].sort((a, b) => a.ms - b.ms);
  const price = flags.costPerMillion;
  const budgets = [
    ...(flags.tokenBudget === undefined
      ? []
      : [
          {
            most: flags.tokenBudget,
            words: (tokens: number) => `${Math.round(tokens).toLocaleString("en-US")} tokens`,
          },
        ]),
    ...(flags.budget === undefined || price === undefined
      ? []
      : [{ most: (flags.budget / price) * 1e6, words: (tokens: number) => ((tokens * price) / 1e6).toFixed(2) }]),
  ].sort((a, b) => a.most - b.most);
  return { timeMs: times[0] ?? null, tokens: budgets[0] ?? null };
}
