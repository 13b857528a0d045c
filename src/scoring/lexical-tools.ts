import type { MetricPair, MetricText } from "../records/index.js";
import { metricPair, metricText } from "./metric-pair.js";
import { createPythonReader, internSplit, type PythonReader, scanWords } from "./python-text.js";
import { createRougePairs, type RougePair } from "./rouge-reference.js";
import { createRougeReader, type RougeTokens, readRougeTokens } from "./rouge-tokens.js";
import { countTerms, type TermCounts } from "./term-counts.js";
import { createTokenInterner, internUnits, type TokenInterner } from "./token-interner.js";

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
  /** A pair whose texts share their work; a reference that was the last one's too keeps what was made of it. */
  pair(reference: string, hypothesis: string): MetricPair;
}

export function createLexicalTools(options: { readonly stem: boolean }): LexicalTools {
  let interner: TokenInterner = createTokenInterner();
  let rougeReader = createRougeReader(interner, options.stem);
  let pythonReader: PythonReader | null = null;
  let lastReference: MetricText | null = null;
  let seen = new Uint32Array(1 << 12);
  let stamp = 0;
  const termScratch = { counts: new Int32Array(1 << 12) };

  const beginAnew = () => {
    interner = createTokenInterner();
    rougeReader = createRougeReader(interner, options.stem);
    lastReference = null;
    seen = new Uint32Array(1 << 12);
    stamp = 0;
  };

  const pythonWords = (text: MetricText): Int32Array => {
    pythonReader ??= createPythonReader();
    const distinct: number[] = [];
    stamp += 1;
    internSplit(pythonReader, interner, text.text, (number) => {
      if (number >= seen.length) {
        const wider = new Uint32Array(2 * number);
        wider.set(seen);
        seen = wider;
      }
      if (seen[number] === stamp) return;
      seen[number] = stamp;
      distinct.push(number);
    });
    return Int32Array.from(distinct);
  };

  const terms = (text: MetricText): TermCounts => {
    pythonReader ??= createPythonReader();
    const found: number[] = [];
    scanWords(pythonReader, text.text, (units, start, end, hash) => {
      found.push(internUnits(interner, units, start, end, hash));
    });
    return countTerms(found, termScratch);
  };

  const rougeTokens = (text: MetricText) => readRougeTokens(rougeReader, text.text);
  const vocabularySize = () => interner.size;
  return {
    rougeTokens,
    rougePair: createRougePairs({ rougeTokens, vocabularySize }),
    pythonWords,
    terms,
    vocabularySize,
    pair(reference, hypothesis) {
      if (interner.size > MOST_TOKENS || interner.units.length > MOST_UNITS) beginAnew();
      if (lastReference === null || lastReference.text !== reference) lastReference = metricText(reference);
      return metricPair(lastReference, metricText(hypothesis));
    },
  };
}
