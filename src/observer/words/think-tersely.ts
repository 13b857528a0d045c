import type { Scene } from "../scene.js";
import { checkWords } from "./check-words.js";
import { percent } from "./number-words.js";
import { contrastWord, frameWord, levelWord, sharpnessWord, temperatureWord } from "./picture-words.js";
import { placeName, regionPlace } from "./place-words.js";
import type { Pick, Say } from "./say.js";

/** Thinks in notes: the same measurements, few words. */
export function thinkTersely(scene: Scene, say: Say): string {
  const pick: Pick = say.step("terse");
  const { measures, composition, given } = scene;
  const { palette, light, regions, edges, symmetry } = measures;
  const [largest] = regions;
  const shades = palette.swatches.slice(0, 3).map(({ name, share }) => `${name} ${percent(share)}`);
  const notes = [
    `${pick("Notes", "Quick look", "Brief survey")}: ${frameWord(measures.aspect)} frame, ${levelWord(light)}, ${contrastWord(light)} contrast.`,
    `Shades: ${shades.join(", ")}; temperature ${temperatureWord(palette)}.`,
    largest === undefined ? "" : `Biggest zone, ${largest.name}, ${regionPlace(largest)}.`,
    composition.figure === null
      ? "Nothing detached."
      : `Eye-catcher: ${composition.figure.name}, ${regionPlace(composition.figure)}, ${percent(composition.figure.share)}.`,
    `Focus ${sharpnessWord(measures)}, best in the ${placeName(measures.sharpness.sharpest)}. Grain ${measures.texture.grain}. Edge pixels ${percent(edges.density)}${edges.leading === null ? "" : `, chiefly ${edges.leading}`}.`,
    `Mirror test: ${mirror(symmetry.leftRight)} sideways, ${mirror(symmetry.topBottom)} upside down.`,
    `Verdict on layout: ${composition.kind}. Cross-check: ${checkWords(scene).said}; ${composition.borneOut ? "consistent" : "inconclusive"}.`,
  ];
  if (given !== null) {
    const kin = given.kindOf[0] === undefined ? "" : ` (${given.kindOf[0]})`;
    notes.push(`Label supplied, not observed: ${given.name}${kin}. Gloss: "${given.gloss}".`);
  }
  return notes.filter((note) => note !== "").join(" ");
}

function mirror(agreement: number | null): string {
  if (agreement === null) return "void";
  if (agreement > 0.55) return "passed";
  return agreement > 0.25 ? "half passed" : "failed";
}
