import type { MetricPair, MetricText } from "../records/index.js";
import { type Arena, takeRoom } from "./arena.js";
import { createGramIndex, type GramIndex } from "./gram-index.js";
import type { LexicalTools } from "./lexical-tools.js";
import type { ReferencePlaces } from "./rouge-l.js";

/**
 * A reference as ROUGE compares with it: its distinct tokens numbered from 1 in the order they first occur. 0 stands for any token
 * that it has not, so what cannot match costs nothing.
 */
export interface RougeReference {
  /** Where what is made later on belongs. */
  readonly arena: Arena;
  readonly tokens: Int32Array;
  readonly lineEnds: readonly number[];
  /** Number of distinct tokens. */
  readonly distinct: number;
  /** Token numbers of the tools, by local number less one. */
  readonly names: Int32Array;
  /** n-grams, n less one: made when first asked for. */
  readonly grams: GramIndex[];
  /** Where each token stands: made when first asked for. */
  places: ReferencePlaces | null;
}

/** A hypothesis in the numbers of its reference. */
export interface RougeHypothesis {
  readonly tokens: Int32Array;
  readonly lineEnds: readonly number[];
  /** n-grams by place, n less one, 0 where the reference has not that n-gram: made when first asked for. */
  readonly grams: Int32Array[];
}

export interface RougePair {
  readonly reference: RougeReference;
  readonly hypothesis: RougeHypothesis;
  /** Room for work on this pair alone. */
  readonly arena: Arena;
}

/** Reads a pair for all ROUGE metrics at once. */
export function createRougePairs(
  tools: Pick<LexicalTools, "rougeTokens" | "vocabularySize" | "arenaOf">,
): (pair: MetricPair) => RougePair {
  let localOf = new Int32Array(1 << 12);

  const referenceOf = (text: MetricText): RougeReference => {
    const { tokens, lineEnds } = text.share(tools.rougeTokens);
    widen();
    const arena = tools.arenaOf(text);
    const locals = takeRoom(arena, tokens.length);
    const names = takeRoom(arena, tokens.length);
    let distinct = 0;
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at] as number;
      if (localOf[token] === 0) {
        names[distinct++] = token;
        localOf[token] = distinct;
      }
      locals[at] = localOf[token] as number;
    }
    forget(names, distinct);
    const grams = [createGramIndex(locals, distinct, arena)];
    return { arena, tokens: locals, lineEnds, distinct, names, grams, places: null };
  };

  const widen = () => {
    if (localOf.length < tools.vocabularySize()) localOf = new Int32Array(2 * tools.vocabularySize());
  };
  const forget = (names: Int32Array, distinct: number) => {
    for (let local = 0; local < distinct; local++) localOf[names[local] as number] = 0;
  };

  return (pair) => {
    const reference = pair.reference.share(referenceOf);
    const { tokens, lineEnds } = pair.hypothesis.share(tools.rougeTokens);
    widen();
    const { names, distinct } = reference;
    for (let local = 0; local < distinct; local++) localOf[names[local] as number] = local + 1;
    const arena = tools.arenaOf(pair.hypothesis);
    const locals = takeRoom(arena, tokens.length);
    for (let at = 0; at < tokens.length; at++) locals[at] = localOf[tokens[at] as number] as number;
    forget(names, distinct);
    return { reference, hypothesis: { tokens: locals, lineEnds, grams: [locals] }, arena };
  };
}
