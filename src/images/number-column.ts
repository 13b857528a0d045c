import { UserError } from "../records/index.js";

/** Numbers and bytes are kept in blocks, so that growing copies nothing and wastes at most one block. */
const BLOCK_NUMBERS = 1 << 16;
const BLOCK_BYTES = 1 << 22;

/** A list of whole numbers, 0…2³² − 1, that only grows. */
export interface NumberColumn {
  length(): number;
  push(value: number): void;
  at(index: number): number;
}

export function numberColumn(): NumberColumn {
  const blocks: Uint32Array[] = [];
  let length = 0;
  return {
    length: () => length,
    push(value) {
      const place = length++ % BLOCK_NUMBERS;
      if (place === 0) blocks.push(new Uint32Array(BLOCK_NUMBERS));
      const block = blocks[blocks.length - 1];
      if (block !== undefined) block[place] = value;
    },
    at: (index) => blocks[Math.floor(index / BLOCK_NUMBERS)]?.[index % BLOCK_NUMBERS] ?? 0,
  };
}

/** Short records of a text and up to two numbers, one behind the other. Holds 4 GiB at most. */
export interface RecordArena {
  /** Keeps a text of at most 65,535 bytes and two numbers (null: none); the second below 2³². Returns its address. */
  append(text: string, first: number | null, second: number | null): number;
  textAt(address: number): string;
  /** The numbers that were appended at this address; meaningless where there were none. */
  firstAt(address: number): number;
  secondAt(address: number): number;
}

export function recordArena(): RecordArena {
  const blocks: Buffer[] = [];
  let used = BLOCK_BYTES;
  const blockOf = (address: number): Buffer => {
    const block = blocks[Math.floor(address / BLOCK_BYTES)];
    if (block === undefined) throw new RangeError(`nothing is kept at ${address}`);
    return block;
  };
  const behindText = (block: Buffer, address: number): number => {
    const place = address % BLOCK_BYTES;
    return place + 2 + block.readUInt16LE(place);
  };
  return {
    append(text, first, second) {
      const mostBytes = 2 + Math.min(text.length * 3, 0xffff) + 12;
      if (used + mostBytes > BLOCK_BYTES) {
        blocks.push(Buffer.alloc(BLOCK_BYTES));
        used = 0;
      }
      const address = (blocks.length - 1) * BLOCK_BYTES + used;
      if (address > 0xffff_ffff)
        throw new UserError("the sources hold more than 4 GiB of file names; name fewer of them");
      const block = blockOf(address);
      const textBytes = block.write(text, used + 2, 0xffff);
      block.writeUInt16LE(textBytes, used);
      used += 2 + textBytes;
      if (first !== null) used = block.writeDoubleLE(first, used);
      if (second !== null) used = block.writeUInt32LE(second, used);
      return address;
    },
    textAt(address) {
      const block = blockOf(address);
      return block.toString("utf8", (address % BLOCK_BYTES) + 2, behindText(block, address));
    },
    firstAt(address) {
      const block = blockOf(address);
      return block.readDoubleLE(behindText(block, address));
    },
    secondAt(address) {
      const block = blockOf(address);
      return block.readUInt32LE(behindText(block, address) + 8);
    },
  };
}
