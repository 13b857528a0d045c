import type { Message } from "../records/index.js";
import { isRecord, parseJson } from "./error-body.js";

/** One request of a batch file. */
export interface BatchRequest {
  readonly customId: string;
  readonly model: string;
  /** Every field of the request body but `model` and `messages`. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly messages: readonly Message[];
}

/** The only chat route that both OpenAI's batches and `vllm run-batch` know. */
const URL_PATH = "/v1/chat/completions";

/**
 * One line of an OpenAI batch file with its line break, read back before it is given: one malformed line ends a whole
 * `vllm run-batch` (0.32) with nothing written. Throws where it does not read back as what was asked.
 */
export function renderBatchLine({ customId, model, body, messages }: BatchRequest): Buffer {
  const request = { custom_id: customId, method: "POST", url: URL_PATH, body: { model, messages, ...body } };
  const line = JSON.stringify(request);
  const back = parseJson(line);
  const isWhole =
    isRecord(back) &&
    back.custom_id === customId &&
    isRecord(back.body) &&
    back.body.model === model &&
    Array.isArray(back.body.messages) &&
    back.body.messages.length === messages.length &&
    back.body.stream === undefined &&
    JSON.stringify(back) === line;
  if (!isWhole || /[\r\n]/.test(line))
    throw new Error(`the batch line of ${customId} does not read back as it was written`);
  return Buffer.from(`${line}\n`);
}
