/** Something a person must put right before the work can go on. The message says what was seen, where, and what to try. Exit code 1. */
export class UserError extends Error {
  override readonly name: string = "UserError";
}

/** A command, flag or recipe that is not understood. The message names the key or flag, and the nearest known one. Exit code 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}
