import sharp, { type Sharp } from "sharp";
import type { GateSpec } from "../records/index.js";

/** Pictures for this room's tests, made when asked for. */
export const OPEN_GATE: GateSpec = { minSide: 1, maxPixels: 4096 * 4096, blur: null, blank: null };

/** A picture with four different corners (red, green, blue, white) and fine texture, so that turning it shows. */
export function corners(width: number, height: number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const right = x >= width / 2;
      const low = y >= height / 2;
      const texture = (x * 7 + y * 13) % 16;
      const colour = low ? (right ? [239, 239, 239] : [0, 0, 239]) : right ? [0, 239, 0] : [239, 0, 0];
      for (const [channel, value] of colour.entries()) data[3 * (y * width + x) + channel] = value + texture;
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A header that claims a size, followed by nothing that could fill it. */
export function pngHeader(width: number, height: number): Buffer {
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  const data = Buffer.concat([size, Buffer.from([8, 2, 0, 0, 0])]);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", data),
    pngChunk("IDAT", Buffer.from("789c030000000001", "hex")),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The mean colour of one corner's quarter of a picture, as it is stored. */
export async function cornerOf(bytes: Buffer, corner: "top-left" | "top-right" | "bottom-left"): Promise<number[]> {
  const { width, height } = await sharp(bytes).metadata();
  const [w, h] = [Math.floor(width / 4), Math.floor(height / 4)];
  const left = corner === "top-right" ? width - w : 0;
  const top = corner === "bottom-left" ? height - h : 0;
  const quarter = await sharp(bytes).extract({ left, top, width: w, height: h }).png().toBuffer();
  const { channels } = await sharp(quarter).stats();
  return channels.map(({ mean }) => Math.round(mean));
}
