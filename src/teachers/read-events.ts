/** The longest line, and the longest event, that is taken from a server. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const LF = 10;
const CR = 13;

/** A server-sent event is longer than anyone needs: the stream is not read further. */
export class OversizeEventError extends Error {
  override readonly name = "OversizeEventError";
}

export interface EventReader {
  /** Takes the next bytes, cut anywhere. Throws an `OversizeEventError`. */
  push(chunk: Uint8Array): void;
  /** The stream is over: hands on an event that lacks its closing blank line. */
  end(): void;
}

/**
 * Reads server-sent events (WHATWG HTML, "Interpreting an event stream") and hands on the text of their `data` lines.
 * Event names, ids and comments are passed over. Linear in the number of bytes, however they are cut.
 */
export function openEventReader(onData: (data: string) => void, maxBytes = MAX_EVENT_BYTES): EventReader {
  const held = openLineHolder(maxBytes);
  let data: string | null = null;
  let dataBytes = 0;
  let endedInCr = false;
  let atStart = true;

  function readLine(bytes: Buffer, from: number, end: number): void {
    let start = from;
    if (atStart) {
      atStart = false;
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
    }
    if (start >= end) {
      handOn();
      return;
    }
    const value = dataStart(bytes, start, end);
    if (value === -1) return;
    dataBytes += end - value;
    if (dataBytes > maxBytes) throw tooLong(maxBytes);
    const text = bytes.toString("utf8", value, end);
    data = data === null ? text : `${data}\n${text}`;
  }

  function handOn(): void {
    if (data === null) return;
    const whole = data;
    data = null;
    dataBytes = 0;
    onData(whole);
  }

  function endLine(bytes: Buffer, start: number, end: number): void {
    if (held.isEmpty()) {
      readLine(bytes, start, end);
      return;
    }
    held.add(bytes, start, end);
    const line = held.take();
    readLine(line, 0, line.length);
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (bytes.length === 0) return;
      let start = endedInCr && bytes[0] === LF ? 1 : 0;
      endedInCr = false;
      let lf = bytes.indexOf(LF, start);
      let cr = bytes.indexOf(CR, start);
      while (lf !== -1 || cr !== -1) {
        const endsInCr = cr !== -1 && (lf === -1 || cr < lf);
        const end = endsInCr ? cr : lf;
        endLine(bytes, start, end);
        start = end + 1;
        if (endsInCr) {
          if (start === bytes.length) endedInCr = true;
          else if (bytes[start] === LF) start += 1;
          cr = bytes.indexOf(CR, start);
        }
        if (lf !== -1 && lf < start) lf = bytes.indexOf(LF, start);
      }
      if (start < bytes.length) held.add(bytes, start, bytes.length);
    },
    end() {
      if (!held.isEmpty()) {
        const line = held.take();
        readLine(line, 0, line.length);
      }
      handOn();
    },
  };
}

/** Where the value of a `data` line starts, or -1 for any other line. */
function dataStart(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== 0x64 || bytes[start + 1] !== 0x61 || bytes[start + 2] !== 0x74 || bytes[start + 3] !== 0x61) {
    return -1;
  }
  const colon = start + 4;
  if (colon === end) return end;
  if (colon > end || bytes[colon] !== 0x3a) return -1;
  return colon + 1 < end && bytes[colon + 1] === 0x20 ? colon + 2 : colon + 1;
}

/** Keeps the beginning of a line until its end arrives; grows by doubling, so that tiny pieces cost no more than large ones. */
function openLineHolder(maxBytes: number) {
  let buffer = Buffer.alloc(0);
  let length = 0;
  return {
    isEmpty: () => length === 0,
    add(bytes: Buffer, start: number, end: number): void {
      const needed = length + end - start;
      if (needed > maxBytes) throw tooLong(maxBytes);
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafe(Math.max(needed, buffer.length * 2, 1024));
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      bytes.copy(buffer, length, start, end);
      length = needed;
    },
    /** The line, valid until the next `add`. */
    take(): Buffer {
      const line = buffer.subarray(0, length);
      length = 0;
      return line;
    },
  };
}

function tooLong(maxBytes: number): OversizeEventError {
  return new OversizeEventError(`an event of the stream is longer than ${maxBytes} bytes`);
}
