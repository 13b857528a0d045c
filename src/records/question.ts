import { createHash, randomUUID } from "node:crypto";
import type { Prompt } from "./prompt.js";

/** Everything that decides what a model is asked about a picture. Two equal questions may share an answer; two others never. */
export interface Question {
  /** SHA-256 of the source bytes, hex; the prepared bytes follow from it and the preparation. */
  readonly imageSha256: string;
  /** Name and version, e.g. `as-is/1`. */
  readonly preparation: string;
  readonly prompt: Pick<Prompt, "text" | "system" | "imageFirst">;
  readonly model: string;
  /** Null where unknown. */
  readonly revision: string | null;
  /** Every field of the request body but `model`, `messages` and `stream`: sampling, token limit, seed, extras. */
  readonly sampling: Readonly<Record<string, unknown>>;
  readonly sampleIndex: number;
}

/** The key of a question: SHA-256 of its canonical JSON, hex. Never a row position, host or port. */
export function keyOf(question: Question): string {
  return createHash("sha256").update(canonicalJson(question)).digest("hex");
}

/** `keyOf` for the pictures of one question, whose JSON is rendered once and cut where the picture goes. */
export function keysOf(
  same: Omit<Question, "imageSha256" | "preparation">,
): (picture: Pick<Question, "imageSha256" | "preparation">) => string {
  const [sha256, preparation] = [randomUUID(), randomUUID()];
  const [before, between, after] = canonicalJson({ ...same, imageSha256: sha256, preparation }).split(
    new RegExp(`"${sha256}"|"${preparation}"`),
  );
  return (picture) =>
    createHash("sha256")
      .update(`${before}${JSON.stringify(picture.imageSha256)}${between}${JSON.stringify(picture.preparation)}${after}`)
      .digest("hex");
}

/** JSON with object keys sorted at every level, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
