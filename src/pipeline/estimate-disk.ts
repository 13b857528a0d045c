/** Tokens of one paper-like reply: ImageNet-Think's mean of 1,542 a sample (one secondary source), and a picture's prompt. */
export const PAPER_COMPLETION_TOKENS = 1_542;
export const PAPER_PROMPT_TOKENS = 1_000;
/** Bytes of a sealed reply per completion token: English text of about 4.4 characters a token, zstd to about a third. */
const SEALED_BYTES_PER_TOKEN = 1.6;

/** Bytes that the sealed replies of that many completion tokens take. */
export function sealedBytes(completionTokens: number): number {
  return completionTokens * SEALED_BYTES_PER_TOKEN;
}
