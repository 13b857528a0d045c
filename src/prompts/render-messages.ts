import type { Message, MessagePart, Prompt } from "../records/index.js";

/**
 * The messages of one request: the system text first, if there is any, then one user message that holds the picture
 * (any URL the server can read: `data:`, `file://`, `https://`) and the text, in the prompt's order.
 * `system` is the model's own; null leaves the prompt's.
 */
export function renderMessages(prompt: Prompt, system: string | null, imageUrl: string): Message[] {
  const image: MessagePart = { type: "image_url", image_url: { url: imageUrl } };
  const text: MessagePart = { type: "text", text: prompt.text };
  const user: Message = { role: "user", content: prompt.imageFirst ? [image, text] : [text, image] };
  const systemText = system ?? prompt.system;
  return systemText === null ? [user] : [{ role: "system", content: systemText }, user];
}
