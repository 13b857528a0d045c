import type { Scene } from "../scene.js";
import { hesitantClass, hesitantGuess, hesitantHints } from "./hesitant-conclusions.js";
import { capitalised, list, percent, shareInWords, withArticle } from "./number-words.js";
import {
  chromaWord,
  contrastWord,
  directionWord,
  frameWord,
  grainPhrase,
  levelWord,
  sharpnessWord,
  temperatureWord,
} from "./picture-words.js";
import { placeName, regionName, regionNinth, regionPlace, thirdsClause } from "./place-words.js";
import type { Pick, Say } from "./say.js";
import { symmetryClause } from "./symmetry-words.js";

/** Thinks aloud: starts from what the eye would go to, doubts, looks again, and settles. */
export function thinkHesitantly(scene: Scene, say: Say): string {
  const paragraphs = [
    start(scene, say.step("start")),
    lookAround(scene, say.step("around")),
    lookAtColour(scene, say.step("colour")),
    ...say
      .order("looks", [lookAtLight, lookAtFocus, lookAtSurface, lookAtBalance])
      .map((step) => step(scene, say.step(step.name))),
    hesitantGuess(scene, say.step("guess")),
    hesitantHints(scene, say.step("hints")),
  ];
  if (scene.given !== null) paragraphs.push(hesitantClass(scene.given, say.step("told")));
  paragraphs.push(settle(scene, say.step("settle")));
  return paragraphs.filter((paragraph) => paragraph !== "").join("\n");
}

function start({ measures, composition: { figure } }: Scene, pick: Pick): string {
  const hello = pick("Okay, let me look at this.", "Okay, so, let me see what we have here.", "Alright, let me look.");
  const frame = frameWord(measures.aspect);
  if (figure === null) {
    return `${hello} ${pick(
      `${capitalised(withArticle(frame))} frame, and my eye finds nothing to stop at right away.`,
      `The frame is ${frame}. Hmm, no single spot jumps out.`,
    )}`;
  }
  return `${hello} ${pick(
    `The frame is ${frame}, and what jumps out is ${regionName(figure, measures.aspect)} in the ${regionNinth(figure)}.`,
    `First thing I notice: ${regionName(figure, measures.aspect)}, in the ${regionNinth(figure)}. The rest of this ${frame} frame I have to sort out.`,
  )}`;
}

function lookAround({ measures, composition: { ground, figure } }: Scene, pick: Pick): string {
  const { regions, aspect } = measures;
  const around = ground ?? regions[0];
  if (around === undefined || regions.length < 2) {
    return pick(
      "Let me go round the frame... no, it doesn't split up. It's one field all the way to the edges, no object with an outline of its own that I could point at.",
      "Can I cut it into parts? Hmm, not really. Coarsely seen it is one piece, so whatever is going on must be in the texture.",
    );
  }
  const others = regions.filter((region) => region !== around && region !== figure).slice(0, 3);
  const first = `${pick("And around it?", "What else is there?", "Let me go round the frame.")} There's a lot of ${around.name}: it ${regionPlace(around)}, and it makes up ${shareInWords(around.share)}.`;
  const more =
    others.length === 0
      ? "Apart from that, nothing large."
      : `Smaller bits: ${list(others.map((region) => `${regionName(region, aspect)} in the ${regionNinth(region)}`))}.`;
  const size =
    figure === null || figure === around
      ? ""
      : figure.share > 0.2
        ? ` The ${figure.name} part I saw first is large, ${percent(figure.share)} of the picture.`
        : ` The ${figure.name} part I saw first is not that big, actually, ${percent(figure.share)} of the picture.`;
  return `${first} ${more}${size}`;
}

function lookAtColour({ measures: { palette, thirds } }: Scene, pick: Pick): string {
  const strips = `${pick("Going down the frame,", "From the top down,")} ${thirdsClause(thirds)}.`;
  if (palette.grey) {
    const [first, second] = palette.swatches;
    return `${pick("Colours... wait, there aren't any.", "Hmm, colours? None.")} It's all greys, mostly ${first?.name ?? "grey"} (${percent(first?.share ?? 0)})${second === undefined ? "" : ` and ${second.name} (${percent(second.share)})`}. ${strips}`;
  }
  const names = palette.swatches.slice(0, 4).filter((swatch) => swatch.share >= 0.02);
  const [warm, cool] = [percent(palette.warm), percent(palette.cool)];
  const verdict = {
    neutral: "Warm or cool? Neither, there is too little hue for that.",
    warm: `Warm or cool? Let me check... warm, ${warm} against ${cool}.`,
    "partly warm": `Warm or cool? Warm where there's any hue, ${warm} against ${cool}, but much of it is neutral.`,
    cool: `Warm or cool? Cool, I'd say. Yes, ${cool} against ${warm}.`,
    "partly cool": `Warm or cool? Cool where there's any hue, ${cool} against ${warm}, but much of it is neutral.`,
    mixed: `Warm or cool? Hmm, both: ${warm} and ${cool}.`,
  }[temperatureWord(palette)];
  return `${pick("Now the colours.", "So what colours are these?")} ${names.length > 0 ? `I'd name ${list(names.map(({ name }) => name))}, in that order` : "Many, none of them large"}, and ${chromaWord(palette)} overall. ${verdict} ${strips}`;
}

function lookAtLight({ measures: { light } }: Scene, pick: Pick): string {
  const doubt =
    light.key === "middle"
      ? pick("Is it dark? Is it bright? Neither.", "Bright or dark? In between.")
      : pick(`It looks ${levelWord(light)}.`, `So is it ${levelWord(light)}? I think so.`);
  const where =
    light.placeRange > 0.08
      ? ` The brightest part is the ${placeName(light.brightPlace)}, the darkest the ${placeName(light.darkPlace)}.`
      : " And it's lit the same all over.";
  const ends =
    light.glare > 0.03
      ? ` There are whites near the limit too, ${percent(light.glare)}.`
      : light.shadow > 0.15
        ? ` And ${shareInWords(light.shadow)} is deep shadow.`
        : ` Nine tenths of the tones lie between about ${light.darkest} and ${light.lightest}.`;
  return `${doubt} The average is ${Math.round(light.mean)} of 255, and the contrast is ${contrastWord(light).replace("almost no", "almost nil")}.${where}${ends}`;
}

function lookAtFocus({ measures }: Scene, pick: Pick): string {
  const { sharpness } = measures;
  const first =
    sharpness.word === "soft"
      ? pick("Hmm, this is blurry.", "Wait, why is it so soft?")
      : pick("Sharpness next.", "And is it in focus?");
  const where =
    sharpness.spread < 3
      ? "The same everywhere, so I learn nothing about depth from it."
      : `Sharpest in the ${placeName(sharpness.sharpest)}, smoothest in the ${placeName(sharpness.softest)}.${sharpness.spread > 20 ? pick(" That's a big gap, so maybe only one thing was in focus, or the rest is plain.", " Quite a difference: blur behind, or just nothing there.") : ""}`;
  return `${first} Overall ${sharpnessWord(measures)}. ${where}`;
}

function lookAtSurface({ measures }: Scene, pick: Pick): string {
  const { edges } = measures;
  const direction =
    edges.leading === null
      ? pick("The lines go every way, so no help there.", "No main direction in the lines.")
      : `The lines? Mostly ${directionWord(edges.leading)}, ${percent(Math.max(...edges.directions))} of them by strength.`;
  return `${pick("The surface is", "If I look closer, it's", "Texture-wise it is")} ${grainPhrase(measures.texture)}. ${direction} ${edges.density > 0.3 ? `A busy picture: ${percent(edges.density)} of the pixels sit on an edge.` : `Edges take only ${percent(edges.density)} of it.`}`;
}

function lookAtBalance({ measures }: Scene, pick: Pick): string {
  const clause = symmetryClause(measures.symmetry);
  if (clause === null) return "Symmetry? It's all one tone, so the question doesn't arise.";
  return `${pick("Is it symmetric?", "And the balance?", "What if I fold it in half?")} I get ${clause}.`;
}

function settle({ composition }: Scene, pick: Pick): string {
  return composition.borneOut
    ? pick("Okay, I think I have enough. Let me write it up.", "Alright, that's a clear enough picture to describe.")
    : pick(
        "Okay, I'll describe what I measured and keep the guess small.",
        "Fine. I'll say what is there and flag the guess.",
      );
}
