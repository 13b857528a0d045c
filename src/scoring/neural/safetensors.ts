import { open, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../records/index.js";

/** Where one tensor of a checkpoint lies. */
export interface StoredTensor {
  readonly name: string;
  /** The real file: links are resolved, because the runtime refuses weights outside the folder it is told. */
  readonly file: string;
  /** As the header says: `F32`, `F16`, `BF16`, or a type that weights of encoders do not have. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Of the first byte in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** All tensors of a checkpoint folder, from one file or from shards. */
export interface StoredWeights {
  /** Real paths, in the order of the shards' names. */
  readonly files: readonly string[];
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const LONGEST_HEADER = 100 << 20;

/** Reads the headers of `model.safetensors`, or of the shards that `model.safetensors.index.json` names. */
export async function readSafetensors(folder: string): Promise<StoredWeights> {
  const single = await realpath(join(folder, "model.safetensors")).catch(() => null);
  const names = single === null ? await readShardNames(folder) : ["model.safetensors"];
  const tensors = new Map<string, StoredTensor>();
  const files: string[] = [];
  for (const name of names) {
    const file = await realpath(join(folder, name)).catch(() => {
      throw new UserError(`${join(folder, name)} is missing: the checkpoint's index names it; download it again`);
    });
    files.push(file);
    for (const tensor of await readHeader(file, join(folder, name))) tensors.set(tensor.name, tensor);
  }
  return { files, tensors };
}

async function readShardNames(folder: string): Promise<string[]> {
  const path = join(folder, "model.safetensors.index.json");
  const body = await readFile(path, "utf8").catch(() => {
    throw new UserError(
      `${folder} holds neither model.safetensors nor model.safetensors.index.json; give the folder of a Hugging Face checkpoint with safetensors weights`,
    );
  });
  const names = new Set<string>();
  for (const name of Object.values(weightMap(body))) if (typeof name === "string") names.add(name);
  if (names.size === 0) throw new UserError(`${path} names no shard in weight_map; download the checkpoint again`);
  return [...names].sort();
}

function weightMap(body: string): Record<string, unknown> {
  try {
    const index: unknown = JSON.parse(body);
    if (isRecord(index) && isRecord(index.weight_map)) return index.weight_map;
  } catch {
    // What is not JSON names no shard.
  }
  return {};
}

async function readHeader(file: string, shown: string): Promise<StoredTensor[]> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(8);
    const { bytesRead } = await handle.read(head, 0, 8, 0);
    const length = bytesRead === 8 ? Number(head.readBigUInt64LE()) : 0;
    if (length < 2 || length > LONGEST_HEADER || 8 + length > size) throw damaged(shown, "its header is cut off");
    const body = Buffer.alloc(length);
    await handle.read(body, 0, length, 8);
    return parseHeader(body.toString("utf8"), { file, shown, begin: 8 + length, size });
  } finally {
    await handle.close();
  }
}

interface HeaderPlace {
  readonly file: string;
  readonly shown: string;
  readonly begin: number;
  readonly size: number;
}

function parseHeader(body: string, { file, shown, begin, size }: HeaderPlace): StoredTensor[] {
  let header: unknown;
  try {
    header = JSON.parse(body);
  } catch {
    throw damaged(shown, "its header is not JSON");
  }
  if (!isRecord(header)) throw damaged(shown, "its header is not an object");
  const tensors: StoredTensor[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (!isRecord(entry) || !isNumbers(entry.shape) || !isNumbers(entry.data_offsets)) {
      throw damaged(shown, `the entry of ${name} cannot be read`);
    }
    const [from = 0, to = 0] = entry.data_offsets;
    if (from < 0 || to < from || begin + to > size) throw damaged(shown, `${name} ends behind the end of the file`);
    const type = String(entry.dtype);
    tensors.push({ name, file, type, shape: entry.shape, offset: begin + from, bytes: to - from });
  }
  return tensors;
}

function damaged(shown: string, what: string): UserError {
  return new UserError(`${shown} is not a whole safetensors file (${what}); download it again`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item));
}
