import type { Scene } from "../scene.js";
import type { WrittenAnswer } from "./answer.js";
import { hintsOf } from "./hints.js";
import { capitalised, percent, shareInWords } from "./number-words.js";
import {
  chromaWord,
  contrastWord,
  frameWord,
  levelWord,
  sharpnessWord,
  symmetryWord,
  temperatureWord,
} from "./picture-words.js";
import { placeName, regionName, regionPlace, thirdsClause } from "./place-words.js";
import type { Say } from "./say.js";
import { shortAnswer } from "./short-answer.js";

/** Sums a scene up as a bold lead and a few bullet lines. */
export function answerInMarkdown(scene: Scene, say: Say): WrittenAnswer {
  const pick = say.step("markdown");
  const { measures, composition, given } = scene;
  const { palette, light, regions, sharpness, edges, symmetry, texture } = measures;
  const shades = palette.swatches.filter(({ share }) => share >= 0.03).slice(0, 4);
  const lines = [
    `- **${pick("Colour", "Palette")}:** ${shades.map(({ name, share }) => `${name} ${percent(share)}`).join(", ") || "many small shades"}; ${palette.grey ? "no hue at all" : `${chromaWord(palette)}, ${temperatureWord(palette)} in temperature`}. ${capitalised(thirdsClause(measures.thirds))}.`,
    `- **${pick("Layout", "Composition")}:** ${layout(scene)}`,
    `- **Light:** ${levelWord(light)}, with ${contrastWord(light)} contrast${light.placeRange > 0.08 ? `; the ${placeName(light.brightPlace)} is brightest, the ${placeName(light.darkPlace)} darkest` : "; even across the frame"}.`,
    `- **${pick("Detail", "Focus and texture")}:** ${sharpnessWord(measures)}${sharpness.spread > 3 ? `, most of all in the ${placeName(sharpness.sharpest)}` : " throughout"}; ${texture.grain === "coarse" ? "broad forms rather than fine grain" : `${texture.grain} grain`}, and ${edges.leading === null ? "lines in every direction" : `mostly ${edges.leading} lines`}.`,
    `- **Balance:** ${symmetryWord(symmetry.leftRight) === null ? "one tone throughout, nothing to mirror" : `${symmetryWord(symmetry.leftRight)} left–right symmetry`}; the frame is ${frameWord(measures.aspect)} and holds ${regions.length === 1 ? "one region" : `${regions.length} regions`}.`,
  ];
  const [hint] = hintsOf(scene);
  if (hint !== undefined) {
    lines.push(
      `- **${pick("Guess", "What it may be")}:** ${hint.seen} could mean ${hint.mayBe}, or else ${hint.orElse}.`,
    );
  }
  if (given !== null) {
    const kin = given.kindOf[0] === undefined ? "" : `, a kind of ${given.kindOf[0]}`;
    lines.push(
      `- **${pick("Name (given, not seen)", "Label (as given)")}:** ${given.name}${kin}; WordNet: "${given.gloss}". ${pick("I was told this name; I didn't recognise it.", "The name came with the request, not from the pixels.")}`,
    );
  }
  return {
    before: "**",
    short: capitalised(shortAnswer(scene)),
    after: `.**\n\n${lines.join("\n")}\n\n${composition.borneOut ? pick("These observations agree with each other.", "The layout is the surest part of this.") : pick("Take the reading of the layout as a guess.", "I'm not certain about the layout; the colours and the light are measured.")}`,
  };
}

function layout({ measures, composition: { ground, figure } }: Scene): string {
  const { regions, aspect } = measures;
  const main = ground ?? regions[0];
  if (main === undefined || regions.length < 2) return "a single field, no separate parts.";
  const subject =
    figure === null || figure === main
      ? ""
      : `; ${regionName(figure, aspect)} (${percent(figure.share)}) ${regionPlace(figure)}`;
  return `${main.name} ${regionPlace(main)}, taking ${shareInWords(main.share)}${subject}.`;
}
