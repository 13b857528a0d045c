import xxhash from "xxhash-wasm";

/** One seed's order over names. It depends on the names alone, never on where or in which order they were found. */
export interface SeededOrder {
  /** XXH64 of the name's UTF-8 bytes under the seed, 0…2^64 − 1. */
  hash(name: string): bigint;
  /** Places 0…`count` − 1 by (hash of their name, name by code unit). `nameAt` is asked again where two hashes meet. */
  order(count: number, nameAt: (place: number) => string): Uint32Array<ArrayBuffer>;
}

/** Doubles hold whole numbers below this exactly. */
const EXACT_BITS = 53;

/**
 * Opens the order of one seed: the official XXH64 with `seed` as its 64-bit seed (a negative one in two's complement).
 * Vectors, as in the tests: XXH64("", 0) = ef46db3751d8e999, XXH64("abc", 0) = 44bc2cf5ad770999,
 * XXH64("xxhash", 20141025) = b559b98d844e0635, XXH64("n02123045_1", 1) = 261a7095e042d63d.
 */
export async function openSeededOrder(seed: number): Promise<SeededOrder> {
  const { h64 } = await xxhash();
  const seed64 = BigInt.asUintN(64, BigInt(seed));
  const hash = (name: string): bigint => h64(name, seed64);
  return { hash, order: (count, nameAt) => orderByHash(count, nameAt, hash) };
}

function orderByHash(
  count: number,
  nameAt: (place: number) => string,
  hash: (name: string) => bigint,
): Uint32Array<ArrayBuffer> {
  // The top bits of the hash and the place share one double, because native sorting of doubles needs no callback.
  const placeBits = Math.max(21, Math.ceil(Math.log2(count + 1)));
  const places = 2 ** placeBits;
  const droppedBits = 32 - (EXACT_BITS - placeBits);
  const word = new DataView(new ArrayBuffer(8));
  const keys = new Float64Array(count);
  for (let place = 0; place < count; place++) {
    word.setBigUint64(0, hash(nameAt(place)));
    keys[place] = (word.getUint32(0) >>> droppedBits) * places + place;
  }
  keys.sort();
  const order = new Uint32Array(count);
  for (let rank = 0; rank < count; rank++) order[rank] = (keys[rank] ?? 0) % places;
  mendTies(keys, order, places, (place) => ({ place, name: nameAt(place), hash: hash(nameAt(place)) }));
  return order;
}

interface Named {
  readonly place: number;
  readonly name: string;
  readonly hash: bigint;
}

/** Sorts each run of equal top bits by the whole hash and the name. */
function mendTies(
  keys: Float64Array,
  order: Uint32Array<ArrayBuffer>,
  places: number,
  named: (place: number) => Named,
): void {
  const topOf = (index: number): number => Math.floor((keys[index] ?? Number.NaN) / places);
  for (let start = 0; start + 1 < keys.length; ) {
    let end = start + 1;
    while (end < keys.length && topOf(end) === topOf(start)) end++;
    if (end - start > 1)
      order.set(
        Array.from(order.subarray(start, end), named)
          .sort(byHash)
          .map(({ place }) => place),
        start,
      );
    start = end;
  }
}

function byHash(a: Named, b: Named): number {
  if (a.hash !== b.hash) return a.hash < b.hash ? -1 : 1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
