import { InvalidArgumentError } from "commander";

/** A flag's whole number from 1. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1");
  return value;
}

/** A flag's whole number from 0. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError("must be a whole number from 0");
  }
  return value;
}

/** A flag's number from 0, as for milliseconds or a rate. */
export function amount(text: string): number {
  return inRange(text, Number.MAX_SAFE_INTEGER, "must be a number from 0");
}

/** A flag's share, 0 to 1. */
export function share(text: string): number {
  return inRange(text, 1, "must be a number from 0 to 1");
}

/** A flag's TCP port; 0 stands for a free one. */
export function port(text: string): number {
  const value = inRange(text, 65_535, "must be a port, 0 to 65535");
  if (!Number.isInteger(value)) throw new InvalidArgumentError("must be a port, 0 to 65535");
  return value;
}

function inRange(text: string, most: number, words: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= most)) throw new InvalidArgumentError(words);
  return value;
}
