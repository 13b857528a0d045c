import { randomUUID } from "node:crypto";
import type { Message, PreparedPicture } from "../records/index.js";

/** A request body that lacks nothing but the picture. */
export interface BodyTemplate {
  /** The bytes to send for one picture, as base64. */
  fill(picture: Pick<PreparedPicture, "bytes" | "mime">): Buffer;
  /** The same with an address that the server reads itself. */
  refer(url: string): Buffer;
}

/**
 * Renders a request body once and cuts it where the picture goes, so that a picture costs its base64 text and two
 * copies, and no JSON is written twice. Throws where `messages` does not use the picture's URL exactly once.
 */
export function renderBodyTemplate(
  body: Readonly<Record<string, unknown>>,
  messages: (imageUrl: string) => readonly Message[],
): BodyTemplate {
  const marker = `picture-${randomUUID()}`;
  const parts = JSON.stringify({ ...body, messages: messages(marker) }).split(marker);
  const [before, after] = parts;
  if (before === undefined || after === undefined || parts.length !== 2) {
    throw new TypeError(`the messages must hold the picture's URL once, not ${parts.length - 1} times`);
  }
  const tail = Buffer.from(after);
  const heads = new Map<string, Buffer>();

  function headFor(mime: string): Buffer {
    const known = heads.get(mime);
    if (known !== undefined) return known;
    if (!/^[\w.+-]+\/[\w.+-]+$/.test(mime)) throw new TypeError(`not a media type: ${JSON.stringify(mime)}`);
    const head = Buffer.from(`${before}data:${mime};base64,`);
    heads.set(mime, head);
    return head;
  }

  return {
    refer: (url) => Buffer.from(before + JSON.stringify(url).slice(1, -1) + after),
    fill({ bytes, mime }) {
      const head = headFor(mime);
      const base64 = bytes.toString("base64");
      const whole = Buffer.allocUnsafe(head.length + base64.length + tail.length);
      head.copy(whole, 0);
      whole.write(base64, head.length, "latin1");
      tail.copy(whole, head.length + base64.length);
      return whole;
    },
  };
}
