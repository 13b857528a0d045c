import type { Scene } from "../scene.js";
import { withArticle } from "./number-words.js";
import { levelWord, moodWord, temperatureWord } from "./picture-words.js";

/** The picture in one noun phrase; a given class comes with the word that says so. */
export function shortAnswer({ measures, composition: { kind, figure, ground }, given }: Scene): string {
  const { palette, light, regions } = measures;
  const mood = palette.grey ? "greyscale" : moodWord(temperatureWord(palette));
  const tone = `${levelWord(light)}, ${mood}`;
  const main = ground?.name ?? regions[0]?.name ?? "grey";
  const what = {
    flat: `plain field of ${main}`,
    slope: `smooth run of tones in ${main}`,
    "all-over": `close view of ${withArticle(main)} surface with the same detail throughout`,
    halves: `picture of two fields, ${regions[0]?.name} and ${regions[1]?.name}`,
    figure: `picture of one ${figure?.name} subject on ${main}`,
    filled: `frame filled with ${main}`,
    patchwork: `arrangement of several parts led by ${main}`,
  }[kind];
  return `${withArticle(tone)} ${what}${given === null ? "" : ` (given as: ${given.name})`}`;
}
