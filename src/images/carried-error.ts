import { UserError } from "../records/index.js";
import { DecodeError } from "./decode-error.js";
import { ImageChangedError, ImageGoneError } from "./read-unchanged.js";

/** An error that crosses to another process or thread by its name, since classes do not. */
export type CarriedError = Pick<Error, "name" | "message">;

export function carryError(error: unknown): CarriedError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message };
}

/** The error that was carried, of its own class again; `who` failed at work where it is none of this room's. */
export function reviveError({ name, message }: CarriedError, who: string): Error {
  if (name === "UserError") return new UserError(message);
  if (name === "ImageChangedError") return new ImageChangedError(message);
  if (name === "ImageGoneError") return new ImageGoneError(message);
  if (name === "DecodeError") return new DecodeError("undecodable", message);
  return new Error(`${who} failed: ${message}`);
}
