import { readErrorBody } from "./error-body.js";

const REFUSAL = /unexpected|unknown|unrecogni[sz]ed|extra_forbidden|not permitted|not (supported|allowed)|unsupported/i;

/**
 * The fields of a request that an error names as unknown: `transformers serve` (422, "Unexpected fields in the request:
 * {'skip_special_tokens'}"), OpenAI ("Unrecognized request argument supplied: …"), pydantic (`extra_forbidden`).
 */
export function refusedFields(status: number | null, body: string | null, sent: readonly string[]): readonly string[] {
  if ((status !== 400 && status !== 422) || body === null) return [];
  const { message, param } = readErrorBody(body);
  const text = message.slice(0, 2000);
  if (!REFUSAL.test(text)) return [];
  const words = new Set(text.match(/\w+/g) ?? []);
  return sent.filter((name) => name === param || words.has(name));
}
