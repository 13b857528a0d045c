import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UserError } from "../records/index.js";

/** Counts the tokens of texts; its name goes wherever its numbers go. */
export interface TokenCounter {
  readonly name: string;
  /** False where it estimates. */
  readonly exact: boolean;
  count(texts: readonly string[]): Promise<readonly number[]>;
}

/** A run of letters longer than this is counted as several tokens, as sub-word tokenizers cut long words. */
const LETTERS_PER_TOKEN = 8;
const DIGITS_PER_TOKEN = 3;
/** From here on (CJK, emoji) a UTF-16 unit is counted as a token of its own. */
const FIRST_DENSE_UNIT = 0x2e80;

/** The count without a tokenizer: letters in runs, digits in threes, every other sign by itself. */
const ESTIMATE: TokenCounter = {
  name: "estimate/1: words in pieces of 8 letters, digits in threes, every other sign by itself",
  exact: false,
  count: (texts) => Promise.resolve(texts.map(estimateTokens)),
};

/**
 * Counts with a Hugging Face `tokenizer.json` (the file, or the folder that holds it), without special tokens; or by an
 * estimate that says so, where none is named. Throws a `UserError` where the file cannot be read as a tokenizer.
 */
export async function openTokenCounter(path: string | null): Promise<TokenCounter> {
  if (path === null) return ESTIMATE;
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, "tokenizer.json") : path;
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `--tokenizer ${path}: ${file} cannot be read (${error.code}); name a Hugging Face tokenizer.json, or the folder of one`,
    );
  });
  const { Tokenizer } = (await import("tokenizers")).default;
  let tokenizer: InstanceType<typeof Tokenizer>;
  try {
    tokenizer = Tokenizer.fromString(bytes.toString("utf8"));
    // A file made for training may cut or pad, which would hide what is to be measured.
    tokenizer.disableTruncation();
    tokenizer.disablePadding();
  } catch (error) {
    throw new UserError(`--tokenizer ${file} is no Hugging Face tokenizer: ${(error as Error).message.slice(0, 200)}`);
  }
  const folder = basename(isFolder ? resolve(path) : resolve(file, ".."));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    name: `${folder}/${basename(file)}, sha256 ${sha256.slice(0, 12)}`,
    exact: true,
    async count(texts) {
      if (texts.length === 0) return [];
      const encodings = await tokenizer.encodeBatch([...texts], { addSpecialTokens: false });
      return encodings.map((encoding) => encoding.getLength());
    },
  };
}

export function estimateTokens(text: string): number {
  let tokens = 0;
  let letters = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (isLetter(unit)) {
      if (letters++ % LETTERS_PER_TOKEN === 0) tokens++;
      digits = 0;
      continue;
    }
    letters = 0;
    if (unit >= 0x30 && unit <= 0x39) {
      if (digits++ % DIGITS_PER_TOKEN === 0) tokens++;
      continue;
    }
    digits = 0;
    if (unit > 0x20 && unit !== 0xa0) tokens++;
  }
  return tokens;
}

function isLetter(unit: number): boolean {
  const lower = unit | 0x20;
  return (
    (lower >= 0x61 && lower <= 0x7a && unit < 0x80) || (unit >= 0xc0 && unit < FIRST_DENSE_UNIT && !isGeneralMark(unit))
  );
}

/** General punctuation, arrows, mathematical signs. */
function isGeneralMark(unit: number): boolean {
  return unit >= 0x2000 && unit < 0x2c00;
}
