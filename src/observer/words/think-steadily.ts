import type { Scene } from "../scene.js";
import { countInWords, list, percent, shareInWords, withArticle } from "./number-words.js";
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
import { placeName, regionName, regionPlace, thirdsClause } from "./place-words.js";
import type { Pick, Say } from "./say.js";
import { steadyClass, steadyClosing, steadySuggestion } from "./steady-conclusions.js";
import { symmetryClause } from "./symmetry-words.js";

/** Thinks in an even voice: one measurement after the other, then what they suggest, then a check. */
export function thinkSteadily(scene: Scene, say: Say): string {
  const paragraphs = [
    opening(scene, say.step("opening")),
    colours(scene, say.step("colours")),
    layout(scene, say.step("layout")),
    ...say.order("middle", [light, detail, texture, balance]).map((step) => step(scene, say.step(step.name))),
    steadySuggestion(scene, say.step("suggestion")),
  ];
  if (scene.given !== null) paragraphs.push(steadyClass(scene.given, say.step("class")));
  return paragraphs.concat(steadyClosing(scene, say.step("closing"))).join("\n\n");
}

function opening({ measures }: Scene, pick: Pick): string {
  const frame = frameWord(measures.aspect);
  const [first, second] = measures.palette.families;
  const start = pick(
    `So, let's look at this image step by step. The frame is ${frame}.`,
    `Got it, let's go through this picture one step at a time. First the frame: it is ${frame}.`,
    `Let me work through this image in order. It has ${withArticle(frame)} frame.`,
  );
  if (measures.palette.grey) {
    return `${start} ${pick(
      "There is no colour in it, only greys, so everything I can say rests on light and form.",
      "It holds greys and nothing else, which leaves light, form and texture to go by.",
    )}`;
  }
  const lead = `${first?.family ?? "no colour"} (${shareInWords(first?.share ?? 0)} of the surface)`;
  if (second === undefined || second.share < 0.03) return `${start} Almost everything in it is ${lead}.`;
  return `${start} ${pick(
    `What strikes me first is ${lead}, and after it ${second.family}.`,
    `At first glance ${lead} leads, with ${second.family} next.`,
    `The first impression is one of ${lead}, joined by ${second.family}.`,
  )}`;
}

function colours({ measures: { palette, thirds } }: Scene, pick: Pick): string {
  const [first, ...rest] = palette.swatches.filter((swatch) => swatch.share >= 0.03).slice(0, 4);
  const others = list(rest.map(({ name, share }) => `${name} (${percent(share)})`));
  const counted =
    first === undefined
      ? "No single shade stands out when I count the colours by name."
      : `${pick("Counting the colours by name", "Naming the shades one by one", "If I sort the pixels by shade")}, ${first.name} covers ${shareInWords(first.share)} of the picture${rest.length > 0 ? `, then ${rest.length > 1 ? "come" : "comes"} ${others}` : ""}.`;
  const spread = `${pick("Read from top to bottom,", "Strip by strip,")} ${thirdsClause(thirds)}.`;
  if (palette.grey) {
    return `${counted} ${pick("That is a scale of tones, not a palette.", "These are steps of one grey scale.")} ${spread}`;
  }
  const [warm, cool] = [percent(palette.warm), percent(palette.cool)];
  const temperature = {
    neutral: "Hardly any of it leans to a hue at all.",
    warm: `${warm} of it leans to the warm side, so ${pick("either the light is warm or the things are", "the whole feels warm")}.`,
    "partly warm": `Where there is hue it is mostly warm: ${warm} against ${cool} on the cool side; the rest is close to neutral.`,
    cool: `${cool} of it leans to the cool side, ${pick("which gives a cool, distant mood", "so the whole feels cool")}.`,
    "partly cool": `Where there is hue it is mostly cool: ${cool} against ${warm} on the warm side; the rest is close to neutral.`,
    mixed: `Warm hues (${warm}) and cool ones (${cool}) stand side by side.`,
  }[temperatureWord(palette)];
  return `${counted} Taken together they are ${chromaWord(palette)}. ${temperature} ${spread}`;
}

function layout({ measures, composition: { ground, figure } }: Scene, pick: Pick): string {
  const { regions, aspect } = measures;
  const main = ground ?? regions[0];
  if (main === undefined || regions.length === 1) {
    return pick(
      "Next I ask where the colours lie, and find no division: taken coarsely, the whole frame hangs together as a single field.",
      "Does the frame fall into parts? Not at a coarse look: it stays one field from edge to edge.",
    );
  }
  const sentences = [
    `${pick("Now the layout.", "Where do these colours lie?", "Next, the arrangement.")} The frame falls into ${countInWords(regions.length)} regions. The largest, ${main.name} and ${shareInWords(main.share)} of the picture, ${regionPlace(main)}${ground === null ? "" : pick("; it seems to be the ground", ", which makes it the likely background")}.`,
  ];
  if (figure !== null && figure !== main) {
    sentences.push(
      `What stands out against the rest is ${regionName(figure, aspect)}: it ${regionPlace(figure)}, and it takes ${shareInWords(figure.share)} of the surface.`,
    );
  }
  const leads = pick("I also find|Further, there is", "Then there is|I also note").split("|");
  regions
    .filter((region) => region !== main && region !== figure)
    .slice(0, 2)
    .forEach((region, index) => {
      sentences.push(
        `${leads[index]} ${regionName(region, aspect)} (${percent(region.share)}) that ${regionPlace(region)}.`,
      );
    });
  return sentences.join(" ");
}

function light({ measures: { light: found } }: Scene, pick: Pick): string {
  const tones = `the picture is ${levelWord(found)}, with ${contrastWord(found)} contrast: the mean brightness is about ${Math.round(found.mean)} on a scale to 255, and most tones lie between ${found.darkest} and ${found.lightest}`;
  const where =
    found.slope !== null
      ? `The light rises evenly towards the ${placeName(found.slope.towards)}.`
      : found.placeRange > 0.08
        ? `It is brightest in the ${placeName(found.brightPlace)} and darkest in the ${placeName(found.darkPlace)}.`
        : "No part of the frame is much brighter than another, so the light is even.";
  const ends =
    found.shadow > 0.15
      ? ` Deep shadow fills ${shareInWords(found.shadow)} of it.`
      : found.glare > 0.03
        ? ` Some ${percent(found.glare)} is close to pure white.`
        : "";
  return `${pick("As for the light,", "Turning to the light,", "Judged by its light,")} ${tones}. ${where}${ends}`;
}

function detail({ measures }: Scene, pick: Pick): string {
  const { sharpness, edges } = measures;
  const head = `${pick("Is it sharp?", "How much detail is there?", "Then the focus.")} Overall the detail is ${sharpnessWord(measures)}.`;
  if (sharpness.spread < 3) return `${head} It is much the same in every part, so no plane of focus gives itself away.`;
  const gap = sharpness.spread > 20 ? "by far" : sharpness.spread > 8 ? "clearly" : "narrowly";
  const most = Math.max(...edges.ninths);
  return `${head} The ${placeName(sharpness.sharpest)} is ${gap} the sharpest, while the ${placeName(sharpness.softest)} is the smoothest. ${pick(
    "That is what a lens focused on one thing does, though a plain backdrop would look the same.",
    "Either the focus lies there or the other parts simply hold less to see.",
  )} Of nine equal fields the ${placeName(edges.busiest)} holds the most edges (${percent(most)} of their strength).`;
}

function texture({ measures }: Scene, pick: Pick): string {
  const { edges } = measures;
  const lead =
    edges.density < 0.005
      ? "There are next to no edges whose direction I could compare."
      : edges.leading === null
        ? pick("The edges run in all directions and none wins.", "No direction leads among the edges.")
        : `Among the edges the ${directionWord(edges.leading)} ones lead with ${percent(Math.max(...edges.directions))}${edges.agreement > 0.45 ? ", a strong agreement" : ""}.`;
  const density =
    edges.density > 0.5 ? "very dense" : edges.density > 0.25 ? "dense" : edges.density > 0.08 ? "moderate" : "sparse";
  return `${pick("The texture is", "Looked at closely, the surface is", "On texture: it is")} ${grainPhrase(measures.texture)}. Edges are ${density}, on ${percent(edges.density)} of the pixels. ${lead}`;
}

function balance({ measures }: Scene, pick: Pick): string {
  const { leftRight, topBottom } = measures.symmetry;
  const ask = pick("What about balance?", "Now symmetry.", "Is it symmetric?");
  const clause = symmetryClause(measures.symmetry);
  if (clause === null || leftRight === null || topBottom === null) {
    return `${ask} Taken coarsely the frame is all one tone, so there is nothing to mirror.`;
  }
  const meaning =
    leftRight > 0.55 && leftRight > topBottom + 0.2
      ? "That is how something looks that stands upright near the middle of the frame."
      : topBottom < -0.3
        ? "Top and bottom contradict each other, as sky and ground or wall and table would."
        : leftRight > 0.5 && topBottom > 0.5
          ? "Both together point to something round or centred."
          : pick("So the balance comes from weight, not from mirroring.", "The arrangement is a free one.");
  return `${ask} There is ${clause}. ${meaning}`;
}
