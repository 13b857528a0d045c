import { COLOUR_WORDS, type ColourWord, NEUTRAL_WORDS } from "./colour-words.js";
import { type OkLab, toOkLab } from "./oklab.js";

/** Colours rounded to five bits a channel. */
export const COLOURS = 32 * 32 * 32;

/** OKLab and the nearest colour word of each of the 32,768 rounded colours; looked up by `colourIndex`. */
export interface ColourTable {
  readonly l: Float32Array;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly chroma: Float32Array;
  /** 1 for a warm hue, 2 for a cool one, 0 where there is too little colour to say. */
  readonly warmth: Uint8Array;
  /** Index into `COLOUR_WORDS`. */
  readonly word: Uint8Array;
}

/** Below this chroma a colour is called a grey. */
const NEUTRAL_CHROMA = 0.02;

export function colourIndex(red: number, green: number, blue: number): number {
  return ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
}

/** Works the table out; some 20 ms, so a server does it once at its start. */
export function makeColourTable(): ColourTable {
  const table = {
    l: new Float32Array(COLOURS),
    a: new Float32Array(COLOURS),
    b: new Float32Array(COLOURS),
    chroma: new Float32Array(COLOURS),
    warmth: new Uint8Array(COLOURS),
    word: new Uint8Array(COLOURS),
  };
  const words = COLOUR_WORDS.map(({ rgb }) => toOkLab(...rgb));
  for (let index = 0; index < COLOURS; index++) {
    const lab = toOkLab(widen(index >> 10), widen((index >> 5) & 31), widen(index & 31));
    table.l[index] = lab.l;
    table.a[index] = lab.a;
    table.b[index] = lab.b;
    const chroma = Math.hypot(lab.a, lab.b);
    table.chroma[index] = chroma;
    // Warm runs from pink over orange to yellow: the hues within 90° of orange, which lies near 1 radian.
    table.warmth[index] = chroma < 0.03 ? 0 : Math.cos(Math.atan2(lab.b, lab.a) - 1) > 0 ? 1 : 2;
    table.word[index] = nearestWord(lab, chroma, words);
  }
  return table;
}

export function wordAt(index: number): ColourWord {
  const found = COLOUR_WORDS[index];
  if (found === undefined) throw new RangeError(`no colour word ${index}`);
  return found;
}

function nearestWord(lab: OkLab, chroma: number, words: readonly OkLab[]): number {
  const candidates = chroma < NEUTRAL_CHROMA ? NEUTRAL_WORDS : words.length;
  let nearest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < candidates; index++) {
    const word = words[index] ?? lab;
    // A wrong hue is a worse name than a wrong lightness.
    const apart = 0.49 * (lab.l - word.l) ** 2 + (lab.a - word.a) ** 2 + (lab.b - word.b) ** 2;
    if (apart < least) {
      least = apart;
      nearest = index;
    }
  }
  return nearest;
}

/** Five bits back to eight: 0 stays 0 and 31 becomes 255. */
function widen(bits: number): number {
  return (bits * 255) / 31;
}
