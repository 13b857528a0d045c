/** Room for the UTF-16 units of one text, used again for the next. */
export interface UnitBuffer {
  bytes: Buffer;
  units: Uint16Array;
}

export function createUnitBuffer(): UnitBuffer {
  return withRoom(1 << 13);
}

/** Writes the units of a text to the beginning of `buffer.units`; answers how many. Lone surrogates stay as they are. */
export function writeUnits(buffer: UnitBuffer, text: string): number {
  if (text.length > buffer.units.length) Object.assign(buffer, withRoom(2 * text.length));
  buffer.bytes.write(text, 0, "utf16le");
  return text.length;
}

function withRoom(length: number): UnitBuffer {
  const bytes = Buffer.allocUnsafeSlow(2 * length);
  return { bytes, units: new Uint16Array(bytes.buffer, bytes.byteOffset, length) };
}
