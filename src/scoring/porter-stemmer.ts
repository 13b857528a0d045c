/** NLTK's table of forms that the rules get wrong. */
const IRREGULAR = new Map([
  ["sky", "sky"],
  ["skies", "sky"],
  ["dying", "die"],
  ["lying", "lie"],
  ["tying", "tie"],
  ["news", "news"],
  ["innings", "inning"],
  ["inning", "inning"],
  ["outings", "outing"],
  ["outing", "outing"],
  ["cannings", "canning"],
  ["canning", "canning"],
  ["howe", "howe"],
  ["proceed", "proceed"],
  ["exceed", "exceed"],
  ["succeed", "succeed"],
]);

/** Suffix and what takes its place. */
type Rule = readonly [suffix: string, replacement: string];

const STEP_2 = byEnding([
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["bli", "ble"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["fulli", "ful"],
]);

const STEP_3 = byEnding([
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
]);

const STEP_4 = byEnding(
  "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize"
    .split(" ")
    .map((suffix): Rule => [suffix, ""]),
);

/** Rules by the last two letters of their suffix, in their order: no other can match. */
function byEnding(rules: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const groups = new Map<string, Rule[]>();
  for (const rule of rules) {
    const ending = rule[0].slice(-2);
    groups.set(ending, [...(groups.get(ending) ?? []), rule]);
  }
  return groups;
}

/**
 * The stem of a lower-case word as `nltk.stem.PorterStemmer` in its default mode (NLTK_EXTENSIONS, nltk 3.10.4) gives it.
 * Everything but a, e, i, o, u and some y is a consonant, digits too. Linear in the length of the word.
 */
export function porterStem(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  return step5b(step5a(step4(step3(step2(step1c(step1b(step1a(word))))))));
}

function step1a(word: string): string {
  if (!word.endsWith("s")) return word;
  if (word.endsWith("ies")) return word.length === 4 ? word.slice(0, -1) : word.slice(0, -2);
  if (word.endsWith("sses")) return word.slice(0, -2);
  return word.endsWith("ss") ? word : word.slice(0, -1);
}

function step1b(word: string): string {
  if (word.endsWith("ied")) return word.length === 4 ? word.slice(0, -1) : word.slice(0, -2);
  if (word.endsWith("eed")) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const cut = word.endsWith("ed") ? 2 : word.endsWith("ing") ? 3 : 0;
  const stem = word.slice(0, word.length - cut);
  if (cut === 0 || !hasVowel(stem)) return word;
  if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) return `${stem}e`;
  if (endsInDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsInShortSyllable(stem) ? `${stem}e` : stem;
}

function step1c(word: string): string {
  if (!word.endsWith("y")) return word;
  const stem = word.slice(0, -1);
  return stem.length > 1 && isConsonantAt(stem, stem.length - 1) ? `${stem}i` : word;
}

function step2(word: string): string {
  // NLTK takes this rule first, and where it holds goes through the step once more.
  if (word.endsWith("alli") && measure(word.slice(0, -4)) > 0) return step2(word.slice(0, -2));
  const replaced = replaceFirst(word, STEP_2);
  if (replaced !== null) return replaced;
  if (word.endsWith("logi")) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  return word;
}

function step3(word: string): string {
  return replaceFirst(word, STEP_3) ?? word;
}

/** The first rule whose suffix is there decides, whether its condition holds or not. Null where no suffix is there. */
function replaceFirst(word: string, rules: ReadonlyMap<string, readonly Rule[]>): string | null {
  for (const [suffix, replacement] of rules.get(word.slice(-2)) ?? []) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return measure(stem) > 0 ? stem + replacement : word;
  }
  return null;
}

function step4(word: string): string {
  for (const [suffix] of STEP_4.get(word.slice(-2)) ?? []) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return measure(stem) > 1 && (suffix !== "ion" || /[st]$/.test(stem)) ? stem : word;
  }
  return word;
}

function step5a(word: string): string {
  if (!word.endsWith("e")) return word;
  const stem = word.slice(0, -1);
  const count = measure(stem);
  return count > 1 || (count === 1 && !endsInShortSyllable(stem)) ? stem : word;
}

function step5b(word: string): string {
  return word.endsWith("ll") && measure(word.slice(0, -1)) > 1 ? word.slice(0, -1) : word;
}

/** How often a vowel is followed by a consonant: Porter's m. */
function measure(stem: string): number {
  let count = 0;
  let wasConsonant = true;
  for (let at = 0; at < stem.length; at++) {
    const isConsonant = isConsonantAfter(stem, at, wasConsonant);
    if (isConsonant && !wasConsonant) count += 1;
    wasConsonant = isConsonant;
  }
  return count;
}

function hasVowel(stem: string): boolean {
  let wasConsonant = true;
  for (let at = 0; at < stem.length; at++) {
    wasConsonant = isConsonantAfter(stem, at, wasConsonant);
    if (!wasConsonant) return true;
  }
  return false;
}

/** A y is a consonant at the beginning and after a vowel. */
function isConsonantAfter(word: string, at: number, wasConsonant: boolean): boolean {
  const unit = word.charCodeAt(at);
  if (unit === 0x79) return at === 0 || !wasConsonant;
  return !isVowel(unit);
}

/** As `isConsonantAfter`, for one place: looks back over a run of y only. */
function isConsonantAt(word: string, place: number): boolean {
  let first = place;
  while (first > 0 && word.charCodeAt(first) === 0x79) first -= 1;
  const isEven = (place - first) % 2 === 0;
  return isVowel(word.charCodeAt(first)) ? !isEven : isEven;
}

/** a, e, i, o, u */
function isVowel(unit: number): boolean {
  return unit === 0x61 || unit === 0x65 || unit === 0x69 || unit === 0x6f || unit === 0x75;
}

function endsInDoubleConsonant(word: string): boolean {
  const last = word.length - 1;
  return last >= 1 && word[last] === word[last - 1] && isConsonantAt(word, last);
}

/** Consonant, vowel, consonant other than w, x, y; and, as NLTK has it, a word of vowel and consonant. */
function endsInShortSyllable(word: string): boolean {
  const last = word.length - 1;
  if (last === 1) return !isConsonantAt(word, 0) && isConsonantAt(word, 1);
  return (
    last >= 2 &&
    isConsonantAt(word, last - 2) &&
    !isConsonantAt(word, last - 1) &&
    isConsonantAt(word, last) &&
    !/[wxy]$/.test(word)
  );
}
