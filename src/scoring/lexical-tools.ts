import type { MetricPair, MetricText } from "../records/index.js";
import { type Arena, createArena, emptyArena } from "./arena.js";
import { metricPair, metricText } from "./metric-pair.js";
import { createCharacterTable, readSplit, readTerms } from "./python-text.js";
import { createRougePairs, type RougePair } from "./rouge-reference.js";
import { createRougeReader, type RougeTokens, readRougeTokens } from "./rouge-tokens.js";
import { countTerms, type TermCounts } from "./term-counts.js";
import { createTokenInterner, intern } from "./token-interner.js";
import { createTokenReader } from "./token-reader.js";

/** Beyond this the interner begins anew, so that memory does not follow the vocabulary of what was scored. */
const MOST_TOKENS = 1 << 20;
const MOST_UNITS = 1 << 24;

/** What the lexical metrics of one thread share: one interner, and each reading of a text done once. */
export interface LexicalTools {
  /** Tokens of a text as `rouge_score` sees them. */
  readonly rougeTokens: (text: MetricText) => RougeTokens;
  /** A pair as ROUGE compares it. */
  readonly rougePair: (pair: MetricPair) => RougePair;
  /** Distinct tokens of `text.lower().split()`, as numbers. */
  readonly pythonWords: (text: MetricText) => Int32Array;
  /** How often each term of scikit-learn's default token pattern occurs, by number. */
  readonly terms: (text: MetricText) => TermCounts;
  /** Numbers of all tokens are below this. */
  readonly vocabularySize: () => number;
  /** Where what is made of a text belongs. */
  readonly arenaOf: (text: MetricText) => Arena;
  /**
   * A pair whose texts share their work; a reference that was the last one's too keeps what was made of it. Valid until the next
   * pair.
   */
  pair(reference: string, hypothesis: string): MetricPair;
}

export function createLexicalTools({ stem }: { readonly stem: boolean }): LexicalTools {
  const characters = createCharacterTable();
  let readers = createReaders(stem);
  let scratch = new Int32Array(1 << 12);
  let lastReference: MetricText | null = null;

  const vocabularySize = () => readers.interner.size;
  // A reference outlives its pair; everything else is done with when the next pair comes.
  const referenceArena = createArena();
  const pairArena = createArena();
  const arenaOf = (text: MetricText) => (text === lastReference ? referenceArena : pairArena);
  const rougeTokens = (text: MetricText) => readRougeTokens(readers.rouge, text.text, arenaOf(text));
  const countFound = (text: MetricText): TermCounts => {
    const { found, count } = readers.python;
    if (scratch.length < vocabularySize()) scratch = new Int32Array(2 * vocabularySize());
    return countTerms(found, count, scratch, arenaOf(text));
  };
  return {
    rougeTokens,
    rougePair: createRougePairs({ rougeTokens, vocabularySize, arenaOf }),
    pythonWords(text) {
      readSplit(readers.python, characters, text.text);
      return countFound(text).terms;
    },
    terms(text) {
      readTerms(readers.python, characters, text.text);
      return countFound(text);
    },
    vocabularySize,
    arenaOf,
    pair(reference, hypothesis) {
      const { interner } = readers;
      if (interner.size > MOST_TOKENS || interner.units.length > MOST_UNITS) {
        readers = createReaders(stem);
        lastReference = null;
      }
      emptyArena(pairArena);
      if (lastReference === null || lastReference.text !== reference) {
        emptyArena(referenceArena);
        lastReference = metricText(reference);
      }
      return metricPair(lastReference, metricText(hypothesis));
    },
  };
}

function createReaders(stem: boolean) {
  const interner = createTokenInterner();
  return {
    interner,
    rouge: createRougeReader(interner, stem),
    python: createTokenReader((units, start, end) => intern(interner, units, start, end)),
  };
}
