import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { UserError } from "../../records/index.js";

/** Sentence vectors on disk, found again by the ids of their texts. */
export interface VectorCache {
  get(ids: Int32Array): Promise<Float32Array | null>;
  keep(ids: Int32Array, vector: Float32Array): Promise<void>;
  close(): Promise<void>;
}

interface Place {
  readonly file: FileHandle;
  readonly offset: number;
}

const HASH_BYTES = 16;
const CRC_BYTES = 4;

/**
 * Opens the vectors kept in `folder` under a key of everything that decides them. Each process adds to a file of its own;
 * a record is 16 bytes of the SHA-256 of the ids, the vector as float32, and a CRC-32; torn or damaged ones are passed over.
 */
export async function openVectorCache(folder: string, key: string, width: number): Promise<VectorCache> {
  const place = join(folder, `sbert-${key}`);
  await mkdir(place, { recursive: true }).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`the cache folder ${place} cannot be made (${code}); give another --cache`);
  });
  const recordBytes = HASH_BYTES + 4 * width + CRC_BYTES;
  const files: FileHandle[] = [];
  const known = new Map<string, Place>();
  for (const name of (await readdir(place)).filter((entry) => entry.endsWith(".vectors")).sort()) {
    const file = await open(join(place, name), "r");
    files.push(file);
    await readHashes(file, recordBytes, known);
  }
  let own: FileHandle | null = null;
  let end = 0;
  let writing: Promise<void> = Promise.resolve();

  const append = async (record: Buffer) => {
    if (own === null) {
      own = await open(join(place, `${process.pid}-${randomBytes(6).toString("hex")}.vectors`), "wx+");
      files.push(own);
    }
    await own.write(record, 0, record.length, end);
    known.set(record.toString("latin1", 0, HASH_BYTES), { file: own, offset: end });
    end += record.length;
  };

  return {
    async get(ids) {
      const found = known.get(hashOf(ids).toString("latin1"));
      if (found === undefined) return null;
      const record = Buffer.alloc(recordBytes);
      const { bytesRead } = await found.file.read(record, 0, recordBytes, found.offset);
      const body = record.subarray(0, recordBytes - CRC_BYTES);
      if (bytesRead !== recordBytes || crc32(body) !== record.readUInt32LE(recordBytes - CRC_BYTES)) return null;
      const start = record.byteOffset + HASH_BYTES;
      return new Float32Array(record.buffer.slice(start, start + 4 * width));
    },
    async keep(ids, vector) {
      const body = Buffer.concat([hashOf(ids), Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)]);
      const check = Buffer.alloc(CRC_BYTES);
      check.writeUInt32LE(crc32(body));
      writing = writing.then(() => append(Buffer.concat([body, check])));
      await writing;
    },
    async close() {
      await writing;
      for (const file of files) await file.close();
    },
  };
}

async function readHashes(file: FileHandle, recordBytes: number, known: Map<string, Place>): Promise<void> {
  const perRead = Math.max(1, Math.floor((1 << 22) / recordBytes));
  const chunk = Buffer.alloc(perRead * recordBytes);
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
    const whole = Math.floor(bytesRead / recordBytes);
    for (let at = 0; at < whole; at++) {
      const hash = chunk.toString("latin1", at * recordBytes, at * recordBytes + HASH_BYTES);
      known.set(hash, { file, offset: offset + at * recordBytes });
    }
    if (whole < perRead) return;
    offset += whole * recordBytes;
  }
}

function hashOf(ids: Int32Array): Buffer {
  const bytes = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength);
  return createHash("sha256").update(bytes).digest().subarray(0, HASH_BYTES);
}
