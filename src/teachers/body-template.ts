import { randomUUID } from "node:crypto";
import type { Message, PreparedPicture } from "../records/index.js";

/** A request body that lacks nothing but the picture. */
export interface BodyTemplate {
  /** The bytes to send for one picture, in a buffer that `allocate` gives. */
  fill(picture: Pick<PreparedPicture, "base64" | "mime">, allocate?: (bytes: number) => Buffer): Buffer;
  /** Whether `fillRound` can be used: the room round the picture's text is enough. */
  fitsRound(picture: Pick<PreparedPicture, "base64" | "room" | "mime">): boolean;
  /** The same bytes, written round the picture's text into the memory it lies in. */
  fillRound(picture: Pick<PreparedPicture, "base64" | "mime">): Buffer;
  /** The same with an address that the server reads itself. */
  refer(url: string): Buffer;
}

/**
 * Renders a request body once and cuts it where the picture goes, so that a picture costs one copy of its base64
 * text at most, and no JSON is written twice. Throws where `messages` does not use the picture's URL exactly once.
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
    fill({ base64, mime }, allocate = Buffer.allocUnsafe) {
      refuseEmpty(base64);
      const head = headFor(mime);
      const whole = allocate(head.length + base64.length + tail.length);
      head.copy(whole, 0);
      base64.copy(whole, head.length);
      tail.copy(whole, head.length + base64.length);
      return whole;
    },
    fitsRound({ base64, room = 0, mime }) {
      const before = headFor(mime).length;
      const behind = base64.buffer.byteLength - base64.byteOffset - base64.length;
      return room >= Math.max(before, tail.length) && base64.byteOffset >= before && behind >= tail.length;
    },
    fillRound({ base64, mime }) {
      refuseEmpty(base64);
      const head = headFor(mime);
      const { buffer, byteOffset, length } = base64;
      const whole = Buffer.from(buffer, byteOffset - head.length, head.length + length + tail.length);
      head.copy(whole, 0);
      tail.copy(whole, head.length + length);
      return whole;
    },
  };
}

/** So is the memory of one that was given back. */
function refuseEmpty(base64: Buffer): void {
  if (base64.length === 0) throw new TypeError("the picture is empty");
}
