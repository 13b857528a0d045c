import { randomUUID } from "node:crypto";
import type { Message, PreparedPicture } from "../records/index.js";

/** A request body that lacks nothing but the picture. */
export interface BodyTemplate {
  /** The bytes to send for one picture, as base64, in a buffer that `allocate` gives. */
  fill(picture: Pick<PreparedPicture, "bytes" | "mime">, allocate?: (bytes: number) => Buffer): Buffer;
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
    fill({ bytes, mime }, allocate = Buffer.allocUnsafe) {
      const head = headFor(mime);
      const whole = allocate(head.length + 4 * Math.ceil(bytes.length / 3) + tail.length);
      head.copy(whole, 0);
      const end = writeBase64(bytes, whole, head.length);
      tail.copy(whole, end);
      return whole;
    },
  };
}

/** A multiple of three, so that only the last piece is padded. */
const PIECE_BYTES = 12_288;

/**
 * Writes the base64 of `bytes` from `start` on and gives where it ends. In pieces, because one text of a whole picture
 * is a large object to the garbage collector: 190 against 20 µs for 110 kB.
 */
function writeBase64(bytes: Buffer, target: Buffer, start: number): number {
  let end = start;
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    end += target.write(bytes.toString("base64", from, from + PIECE_BYTES), end, "latin1");
  }
  return end;
}
