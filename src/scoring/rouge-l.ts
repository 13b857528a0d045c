import type { PrecisionRecallF1 } from "../records/index.js";
import type { Arena } from "./arena.js";
import { denseLcsLength, denseMasks, findPlaces, lcsLength, type TokenPlaces } from "./lcs.js";
import type { RougePair } from "./rouge-reference.js";
import { rougeScore } from "./rouge-score.js";

/** Where the tokens of a reference stand, in the form that is fastest for its length. */
export interface ReferencePlaces {
  readonly places: TokenPlaces;
  readonly dense: Int32Array | null;
}

/** ROUGE-L of a pair: the longest common subsequence over all tokens, line feeds being ordinary separators. */
export function rougeL({ reference, hypothesis, arena }: RougePair): PrecisionRecallF1 {
  const { tokens, distinct } = reference;
  reference.places ??= placesOf(tokens, distinct, reference.arena);
  const { places, dense } = reference.places;
  const hits =
    dense === null ? lcsLength(places, hypothesis.tokens) : denseLcsLength(distinct, dense, hypothesis.tokens, arena);
  return rougeScore(hits, hypothesis.tokens.length, tokens.length);
}

function placesOf(tokens: Int32Array, distinct: number, arena: Arena): ReferencePlaces {
  const places = findPlaces(tokens, distinct, arena);
  return { places, dense: denseMasks(places, arena) };
}
