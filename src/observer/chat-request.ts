import { z } from "zod";
import { badForm, badValue, fault } from "./request-fault.js";

/** A chat request as the observer understands it. Fields it does not know are passed over, as vLLM does. */
export interface ChatRequest {
  /** Null where the request names no model. */
  readonly model: string | null;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Tokens a chunk; null where the request leaves it to the server. */
  readonly streamInterval: number | null;
  /** The token limit; null where there is none. */
  readonly maxTokens: number | null;
  readonly seed: number | null;
  readonly skipSpecialTokens: boolean;
  readonly stop: readonly string[];
  /** The text of all messages. It is counted, and otherwise changes nothing. */
  readonly promptText: string;
  /** Null for a request without a picture, e.g. a probe. */
  readonly imageUrl: string | null;
}

const Part = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  image_url: z.looseObject({ url: z.string() }).optional(),
});
const Whole = z.number().int().nullish();
const Body = z.looseObject({
  model: z.string().nullish(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Part)]).nullish() })),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  stream_interval: Whole,
  max_tokens: Whole,
  max_completion_tokens: Whole,
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  seed: Whole,
  n: Whole,
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  skip_special_tokens: z.boolean().nullish(),
});
type Body = z.infer<typeof Body>;

/** Reads the body of a chat request. Throws a `RequestFault` (400) that names the field. */
export function readChatRequest(json: string): ChatRequest {
  const body = parseBody(json);
  checkRanges(body);
  const { promptText, imageUrl } = readMessages(body.messages);
  return {
    model: body.model ?? null,
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
    streamInterval: body.stream_interval ?? null,
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    seed: body.seed ?? null,
    skipSpecialTokens: body.skip_special_tokens ?? true,
    stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
    promptText,
    imageUrl,
  };
}

function parseBody(json: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw badForm(`{'type': 'json_invalid', 'loc': 'body', 'msg': 'JSON decode error'}`, "body");
  }
  const parsed = Body.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ["body", ...(issue?.path ?? [])].join(".");
  throw badForm(`{'type': '${issue?.code ?? "invalid"}', 'loc': '${path}', 'msg': '${issue?.message ?? ""}'}`, path);
}

function checkRanges(body: Body): void {
  for (const name of ["max_tokens", "max_completion_tokens", "stream_interval"] as const) {
    const value = body[name];
    if (value !== null && value !== undefined && value < 1) {
      throw badValue(name, value, `${name} must be at least 1, got ${value}.`);
    }
  }
  const { temperature, top_p: topP, n } = body;
  if (typeof temperature === "number" && temperature < 0) {
    throw badValue("temperature", temperature, `temperature must be non-negative, got ${temperature}.`);
  }
  if (typeof topP === "number" && (topP <= 0 || topP > 1)) {
    throw badValue("top_p", topP, `top_p must be in (0, 1], got ${topP}.`);
  }
  if (typeof n === "number" && n !== 1) throw badValue("n", n, `the observer writes one choice a request, got n=${n}.`);
  if (body.stream_options && body.stream !== true) {
    throw fault(
      400,
      "Stream options can only be defined when `stream=True`. (parameter=stream_options)",
      "stream_options",
    );
  }
  if (body.messages.length === 0) {
    throw fault(400, "Cannot apply chat template to an empty conversation. Provide at least one message.");
  }
}

function readMessages(messages: Body["messages"]): { promptText: string; imageUrl: string | null } {
  const texts: string[] = [];
  const urls: string[] = [];
  for (const { content } of messages) {
    if (typeof content === "string") texts.push(content);
    if (!Array.isArray(content)) continue;
    for (const part of content) {
      if (part.type === "text") texts.push(part.text ?? "");
      else if (part.type !== "image_url") {
        throw badValue(
          "type",
          part.type,
          `Unsupported chat content part type: '${part.type}'. Supported types: image_url, text.`,
        );
      } else if (part.image_url === undefined) {
        throw fault(400, "1 validation error for ChatCompletionContentPartImageParam\nimage_url.url\n  Field required");
      } else urls.push(part.image_url.url);
    }
  }
  if (urls.length > 1) throw fault(400, "At most 1 image(s) may be provided in one prompt. (parameter=image)", "image");
  return { promptText: texts.join("\n"), imageUrl: urls[0] ?? null };
}
