import type { DecodePicture, ObserverOptions } from "./observer-options.js";
import { PAINTED } from "./painted.js";
import { startObserver } from "./server.js";

/** One event of a stream, as far as tests look at it. */
export interface StreamEvent {
  readonly choices?: readonly {
    readonly delta: { readonly role?: string; readonly content?: string };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: Readonly<Record<string, number>>;
}

/** Every field that tests read from a JSON body; each route sends some of them. */
export interface WireBody {
  readonly id: string;
  readonly model: string;
  readonly system_fingerprint: string;
  readonly choices: readonly [{ readonly message: { readonly content: string }; readonly finish_reason: string }];
  readonly usage: Readonly<Record<"prompt_tokens" | "completion_tokens" | "total_tokens", number>>;
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: number;
  };
  readonly data: readonly [{ readonly id: string; readonly owned_by: string; readonly max_model_len: number }];
  readonly version: string;
  readonly detail: string;
}

export async function jsonOf(response: Response): Promise<WireBody> {
  return (await response.json()) as WireBody;
}

/** Starts an observer whose pictures are the names of painted ones, for tests, and stops it at the end. */
export async function withObserver(
  options: Partial<ObserverOptions>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const observer = await startObserver({ decode: decodePainted, describe, dialect: "glm", ...options });
  try {
    await use(observer.url);
  } finally {
    await observer.close();
  }
}

const decodePainted: DecodePicture = async (bytes) => {
  const name = bytes.toString();
  const painted = Object.entries(PAINTED).find(([one]) => name.startsWith(one));
  if (painted === undefined) throw new Error(`unsupported format: ${name}`);
  return painted[1]();
};

const describe: ObserverOptions["describe"] = (wnid) =>
  wnid === "n02123045" ? { wnid, lemmas: ["tabby"], gloss: "a cat mottled with black", path: [] } : null;

/** The data URL of a painted picture; what follows its name makes other bytes of the same picture. */
export function dataUrl(name: string): string {
  return `data:image/jpeg;base64,${Buffer.from(name).toString("base64")}`;
}

export function body(picture = "disc"): Record<string, unknown> {
  const content = [
    { type: "image_url", image_url: { url: dataUrl(picture) } },
    { type: "text", text: "Please describe." },
  ];
  return { messages: [{ role: "user", content }] };
}

export function ask(url: string, fields: object = {}, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ ...body(), ...fields }),
  });
}

export async function askText(url: string, fields: object = {}): Promise<string> {
  const reply = await jsonOf(await ask(url, fields));
  return reply.choices[0].message.content;
}

/** The events of a stream that ended with `[DONE]`. */
export async function events(response: Response): Promise<StreamEvent[]> {
  const lines = (await response.text()).split("\n\n").filter((line) => line !== "");
  if (lines.pop() !== "data: [DONE]") throw new Error("the stream did not end with [DONE]");
  return lines.map((line) => JSON.parse(line.replace(/^data: /, "")));
}

export function textOf(chunks: readonly StreamEvent[]): string {
  return chunks.map((chunk) => chunk.choices?.[0]?.delta.content ?? "").join("");
}
