import { randomInt } from "node:crypto";

const EPOCH_MS = Date.UTC(2020, 0, 1);
const TIME_DIGITS = 6;
const RANDOM_DIGITS = 3;

export const WRITER_ID = /^[a-z0-9]{9}$/;

/**
 * A writer's id: seconds since 2020 and three random digits, base 36. Ids sort by start, later than `after` even where
 * a clock went back. Good until the year 2088.
 */
export function newWriterId(after: string | null, nowMs: number = Date.now()): string {
  const now = Math.floor((nowMs - EPOCH_MS) / 1000);
  const last = after === null ? -1 : Number.parseInt(after.slice(0, TIME_DIGITS), 36);
  return base36(Math.max(now, last + 1), TIME_DIGITS) + base36(randomInt(36 ** RANDOM_DIGITS), RANDOM_DIGITS);
}

function base36(value: number, digits: number): string {
  return value.toString(36).padStart(digits, "0");
}
