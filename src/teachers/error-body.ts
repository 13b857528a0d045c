/** What a server's error body says, whichever of the usual shapes it has. */
export interface ErrorBody {
  readonly message: string;
  /** A number, or a word such as `model_not_found`. */
  readonly code: number | string | null;
  /** The request field that is to blame. */
  readonly param: string | null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads an error body: `{"error": {"message", "code", "param"}}` (OpenAI, newer vLLM), the same flat (older vLLM,
 * SGLang), `{"error": "…"}` (vLLM's 401), `{"detail": …}` (FastAPI), HTML (proxies) or plain text.
 */
export function readErrorBody(body: string): ErrorBody {
  const json = parseJson(body);
  if (isRecord(json)) return readErrorObject(json);
  const text = /^\s*</.test(body) ? textOfHtml(body.slice(0, 4096)) : body.slice(0, 4096);
  return { message: text.trim(), code: null, param: null };
}

/** Whether a JSON value is an error rather than a reply. */
export function isErrorObject(value: Record<string, unknown>): boolean {
  return (value.error !== undefined && value.error !== null) || value.object === "error";
}

export function readErrorObject(json: Record<string, unknown>): ErrorBody {
  const inner = isRecord(json.error) ? json.error : json;
  const message = [inner.message, json.error, json.detail, json.message].find(
    (value) => value !== undefined && value !== null,
  );
  const { code, param } = inner;
  return {
    message: typeof message === "string" ? message : JSON.stringify(message ?? json),
    code: typeof code === "number" || typeof code === "string" ? code : null,
    param: typeof param === "string" ? param : null,
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOfHtml(html: string): string {
  const title = /<title[^<>]*>([^<]*)</i.exec(html)?.[1]?.trim();
  if (title) return title;
  return html
    .replace(/<(style|script)\b[^<]*<\/\1>/gi, " ")
    .replace(/<[^<>]*>/g, " ")
    .replace(/\s+/g, " ");
}
