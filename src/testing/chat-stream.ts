import type { Behaviour } from "./scripted-server.js";

export interface ChatStreamOptions {
  readonly model?: string;
  readonly id?: string;
  readonly finishReason?: string | null;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
  readonly done?: boolean;
}

/** Events of a streamed chat reply as vLLM sends them: role, pieces of text, finish, usage, `[DONE]`. */
export function chatEvents(pieces: readonly string[], options: ChatStreamOptions = {}): string[] {
  const {
    model = "m",
    id = "chatcmpl-1",
    finishReason = "stop",
    usage = { prompt_tokens: 7, completion_tokens: 3 },
    done = true,
  } = options;
  const chunk = (rest: object) =>
    `data: ${JSON.stringify({ id, object: "chat.completion.chunk", model, ...rest })}\n\n`;
  const choice = (delta: object, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  });
  return [
    chunk(choice({ role: "assistant", content: "" })),
    ...pieces.map((content) => chunk(choice({ content }))),
    ...(finishReason === null ? [] : [chunk(choice({ content: "" }, finishReason))]),
    ...(usage === null ? [] : [chunk({ choices: [], usage })]),
    ...(done ? ["data: [DONE]\n\n"] : []),
  ];
}

/** A streamed chat reply, one piece an event. */
export function chatStream(pieces: readonly string[], options: ChatStreamOptions = {}): Behaviour {
  return {
    status: 200,
    headers: { "content-type": "text/event-stream; charset=utf-8" },
    steps: chatEvents(pieces, options),
  };
}

/** A JSON response. */
export function jsonResponse(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return { status, headers: { "content-type": "application/json", ...headers }, steps: [JSON.stringify(value)] };
}
