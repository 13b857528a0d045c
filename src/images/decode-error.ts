import type { RejectionReason } from "../records/index.js";

/** A picture that cannot be decoded to its end. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  constructor(
    readonly reason: RejectionReason & ("undecodable" | "truncated-file" | "unsupported-format"),
    message: string,
  ) {
    super(message);
  }
}

/** The library failed while it worked on other pictures too, and it keeps its words in one place: ask again alone. */
export class NotAloneError extends Error {
  override readonly name = "NotAloneError";
}
