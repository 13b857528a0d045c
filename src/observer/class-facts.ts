import type { ClassEntry } from "../records/index.js";
import type { Measures } from "./measure/measure-picture.js";

/** What the observer was told about a picture's class. It is never seen, always given. */
export interface ClassFacts {
  readonly name: string;
  /** Further words for the same class, at most two. */
  readonly others: readonly string[];
  /** The definition, without usage examples. */
  readonly gloss: string;
  /** What it is a kind of, nearest first, at most three. */
  readonly kindOf: readonly string[];
  /** A colour the definition names, and how much of the picture goes by that name; null where it names none. */
  readonly colour: { readonly word: string; readonly share: number } | null;
}

/** Classes so wide that naming them says nothing: entity, physical entity, abstraction, object, whole, matter. */
const ROOTS = new Set(["n00001740", "n00001930", "n00002137", "n00002684", "n00003553", "n00020827"]);

/** Looks a class up and holds the colour in its definition, where there is one, against the picture. */
export function readClass(
  wnid: string,
  describe: (wnid: string) => ClassEntry | null,
  measures: Measures,
): ClassFacts | null {
  const entry = describe(wnid);
  const name = entry?.lemmas[0];
  if (entry === null || name === undefined) return null;
  const gloss = plain(entry.gloss.split(/;\s*"/)[0] ?? "");
  const kindOf: string[] = [];
  for (const above of entry.path) {
    if (ROOTS.has(above) || kindOf.length === 3) break;
    const lemma = describe(above)?.lemmas[0];
    if (lemma !== undefined) kindOf.push(plain(lemma));
  }
  return {
    name: plain(name),
    others: entry.lemmas.slice(1, 3).map(plain),
    gloss,
    kindOf,
    colour: colourIn(gloss, measures),
  };
}

const FAMILY_WORDS = /\b(black|gr[ae]y|white|red|pink|orange|brown|tawny|yellow|green|blue|purple)(?:ish)?\b/i;

function colourIn(gloss: string, { palette }: Measures): ClassFacts["colour"] {
  const found = FAMILY_WORDS.exec(gloss)?.[1]?.toLowerCase();
  if (found === undefined) return null;
  const family = found === "gray" ? "grey" : found === "tawny" ? "brown" : found;
  return { word: found, share: palette.families.find((one) => one.family === family)?.share ?? 0 };
}

/** Signs that some dialect reads as a tag are no part of a word or a definition. */
function plain(text: string): string {
  return text.replace(/[<>{}\\◁▷|]/g, "").trim();
}
