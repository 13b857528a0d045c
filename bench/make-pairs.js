// Made-up pairs for the benches: the same words in every run. `words` a side; the hypothesis keeps about half of its reference.

import { once } from "node:events";
import { createWriteStream } from "node:fs";

const SYLLABLES = [
  "ba",
  "cor",
  "din",
  "el",
  "fra",
  "gu",
  "hol",
  "im",
  "jo",
  "ken",
  "lis",
  "mor",
  "na",
  "op",
  "pre",
  "qui",
];
const ENDINGS = ["", "s", "ed", "ing", "er", "ly", "ation", "ness"];
const VOCABULARY = 30_000;

/** Writes `count` pairs as JSON Lines. */
export async function writePairs(path, { count, words, seed }) {
  const random = createRandom(seed);
  const vocabulary = Array.from({ length: VOCABULARY }, () => makeWord(random));
  const file = createWriteStream(path);
  for (let at = 0; at < count; at++) {
    const reference = Array.from({ length: words }, () => drawWord(vocabulary, random));
    const hypothesis = reference.map((word) => (random() < 0.5 ? word : drawWord(vocabulary, random)));
    const line = JSON.stringify({ id: `pair-${at}`, reference: spell(reference), hypothesis: spell(hypothesis) });
    if (!file.write(`${line}\n`)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

function createRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function makeWord(random) {
  const syllables = 1 + Math.floor(3 * random());
  let word = "";
  for (let at = 0; at < syllables; at++) word += SYLLABLES[Math.floor(SYLLABLES.length * random())];
  return word + ENDINGS[Math.floor(ENDINGS.length * random())];
}

/** Few words are common and many are rare. */
function drawWord(vocabulary, random) {
  return vocabulary[Math.floor(VOCABULARY * random() ** 4)];
}

function spell(words) {
  return words.map((word, at) => (at % 13 === 12 ? `${word}.\n` : `${word} `)).join("");
}
