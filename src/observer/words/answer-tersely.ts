import type { Scene } from "../scene.js";
import type { WrittenAnswer } from "./answer.js";
import { capitalised, percent } from "./number-words.js";
import { contrastWord, sharpnessWord } from "./picture-words.js";
import { placeName, regionPlace } from "./place-words.js";
import type { Say } from "./say.js";
import { shortAnswer } from "./short-answer.js";

/** Sums a scene up in a few short sentences. */
export function answerTersely(scene: Scene, say: Say): WrittenAnswer {
  const pick = say.step("terse-answer");
  const { measures, composition } = scene;
  const [largest] = measures.regions;
  const [shade] = measures.palette.swatches;
  const { figure } = composition;
  const after = [
    `. ${pick("Main shade", "Commonest shade")} ${shade?.name ?? "unknown"} at ${percent(shade?.share ?? 0)}, ${contrastWord(measures.light)} contrast, ${sharpnessWord(measures)} focus that peaks in the ${placeName(measures.sharpness.sharpest)}.`,
    largest === undefined ? "" : ` The ${largest.name} zone ${regionPlace(largest)}.`,
    figure === null || figure === largest ? "" : ` ${capitalised(figure.name)} accent: ${regionPlace(figure)}.`,
    scene.given === null ? "" : " The label was supplied, not recognised.",
    composition.borneOut ? "" : " Layout uncertain.",
  ];
  return { before: "", short: capitalised(shortAnswer(scene)), after: after.join("") };
}
