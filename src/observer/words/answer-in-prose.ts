import type { ClassFacts } from "../class-facts.js";
import type { Scene } from "../scene.js";
import type { WrittenAnswer } from "./answer.js";
import { hintsOf } from "./hints.js";
import { capitalised, list, percent, shareInWords, withArticle } from "./number-words.js";
import {
  chromaWord,
  contrastWord,
  directionWord,
  frameWord,
  grainPhrase,
  levelWord,
  moodWord,
  sharpnessWord,
  temperatureWord,
} from "./picture-words.js";
import { placeName, regionName, regionNinth, regionPlace, thirdsClause } from "./place-words.js";
import type { Pick, Say } from "./say.js";
import { shortAnswer } from "./short-answer.js";
import { symmetryClause } from "./symmetry-words.js";

/** Sums a scene up in plain paragraphs. */
export function answerInProse(scene: Scene, say: Say): WrittenAnswer {
  const pick = say.step("prose");
  const paragraphs = [
    `${overall(scene, pick)} ${parts(scene, pick)}`,
    `${surface(scene, pick)} ${meaning(scene, pick)}`,
  ];
  if (scene.given !== null) paragraphs.push(givenClass(scene.given, pick));
  return {
    before: `${paragraphs.join("\n\n")}\n\n${pick("In short, this is", "Summed up, it is", "In a phrase, it is")} `,
    short: shortAnswer(scene),
    after: scene.composition.borneOut
      ? pick(", a reading on which layout and detail agree.", ", and the measurements agree on that.")
      : pick(", though the measurements do not quite agree on the layout.", ", with some doubt about the layout."),
  };
}

function overall({ measures }: Scene, pick: Pick): string {
  const { palette, light, thirds } = measures;
  const shades = palette.swatches.filter(({ share }) => share >= 0.04).slice(0, 3);
  const names = list(shades.map(({ name }) => name));
  const colour = palette.grey
    ? `a greyscale image, mostly in ${names}`
    : `${withArticle(chromaWord(palette))}, ${moodWord(temperatureWord(palette))} image${shades.length > 0 ? ` in which ${names} ${shades.length > 1 ? "dominate" : "dominates"}` : ""}`;
  const where =
    light.placeRange > 0.08
      ? `brightest in the ${placeName(light.brightPlace)} and darkest in the ${placeName(light.darkPlace)}`
      : "lit evenly throughout";
  return `${pick("This is", "What we have is", "We are looking at")} ${colour}. The frame is ${frameWord(measures.aspect)}, the picture ${levelWord(light)} with ${contrastWord(light)} contrast, ${where}. ${pick("Downwards,", "From top to bottom,")} ${thirdsClause(thirds)}.`;
}

function parts({ measures, composition: { ground, figure } }: Scene, pick: Pick): string {
  const { regions, aspect } = measures;
  const main = ground ?? regions[0];
  if (main === undefined || regions.length < 2) {
    return pick(
      "It does not divide into parts; one field fills the frame.",
      "The whole frame forms one continuous field.",
    );
  }
  const subject =
    figure === null || figure === main
      ? ""
      : ` ${pick("Against it stands", "Set off from it is")} ${regionName(figure, aspect)}, ${shareInWords(figure.share)} of the picture, which ${regionPlace(figure)}.`;
  const rest = regions.filter((region) => region !== main && region !== figure).slice(0, 2);
  const others =
    rest.length === 0
      ? ""
      : ` ${pick("Beside these there", "There")} ${rest.length > 1 ? "are" : "is"} ${list(rest.map((region) => `${regionName(region, aspect)} in the ${regionNinth(region)}`))}.`;
  return `The largest part is ${main.name} (${percent(main.share)}); it ${regionPlace(main)}.${subject}${others}`;
}

function surface({ measures }: Scene, pick: Pick): string {
  const { sharpness, edges } = measures;
  const focus =
    sharpness.spread > 3 ? `, sharpest in the ${placeName(sharpness.sharpest)}` : ", the same across the frame";
  const lines =
    edges.leading === null
      ? `edges, on ${percent(edges.density)} of the pixels, run in every direction`
      : `edges lie on ${percent(edges.density)} of the pixels, and the ${directionWord(edges.leading)} ones lead`;
  const clause = symmetryClause(measures.symmetry);
  const balance = clause === null ? "" : ` There is ${clause}.`;
  return `${pick("Detail is", "The rendering is")} ${sharpnessWord(measures)}${focus}. ${pick("The surface is", "The texture is")} ${grainPhrase(measures.texture)}; ${lines}.${balance}`;
}

function meaning(scene: Scene, pick: Pick): string {
  const [hint] = hintsOf(scene);
  if (hint === undefined) return "Beyond this the measurements suggest nothing in particular.";
  return capitalised(
    pick(
      `${hint.seen} suggests ${hint.mayBe}, though it may as well be ${hint.orElse}.`,
      `${hint.seen} may stem from ${hint.mayBe} or from ${hint.orElse}.`,
    ),
  );
}

function givenClass({ name, gloss, kindOf }: ClassFacts, pick: Pick): string {
  const kin = kindOf[0] === undefined ? "" : `, a kind of ${kindOf[0]}`;
  return `${pick("The class that came with the picture is", "According to the label it came with, it shows")} ${name}${kin}: ${gloss}. ${pick("This name was given, not seen.", "The name is taken over from that label; it was not read off the image.")}`;
}
