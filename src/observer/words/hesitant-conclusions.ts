import type { ClassFacts } from "../class-facts.js";
import type { Scene } from "../scene.js";
import { checkWords } from "./check-words.js";
import { hintsOf } from "./hints.js";
import { percent } from "./number-words.js";
import type { Pick } from "./say.js";

/** A guess at the layout, and a second look at it. */
export function hesitantGuess(scene: Scene, pick: Pick): string {
  const { asked, said } = checkWords(scene);
  const idea = {
    flat: "a blank wall, or sky, or nothing at all",
    slope: "a sky or a lit wall, something that fades",
    "all-over": "a surface up close, with the same stuff everywhere",
    halves: "two planes meeting, such as land and sky",
    figure: "one main thing in front of a background",
    filled: "something so close that it fills the frame",
    patchwork: "a few things together, or a whole scene",
  }[scene.composition.kind];
  const verdict = scene.composition.borneOut
    ? pick("Good, that fits.", "Yes, okay, that works.", "So that agrees.")
    : pick("Hmm, that doesn't fit. So maybe not.", "Wait, that goes against it. I'd better not insist.");
  return `${pick("So what is it?", "Hmm, what could this be?", "Let me guess.")} Maybe ${idea}. But then ${asked}. Let me check: ${said}. ${verdict}`;
}

/** Afterthoughts, each taken half back. */
export function hesitantHints(scene: Scene, pick: Pick): string {
  return hintsOf(scene)
    .map(({ seen, mayBe, orElse }, index) =>
      index === 0
        ? pick(
            `Wait, what about ${seen}? Could be ${mayBe}... or ${orElse}, I can't rule that out.`,
            `Hmm, and ${seen}: that could be ${mayBe}. Then again, ${orElse} would look no different to me.`,
          )
        : pick(`Also ${seen}. So ${mayBe}? Or ${orElse}.`, `And then ${seen}, maybe ${mayBe}, maybe ${orElse}.`),
    )
    .join(" ");
}

/** What was told about the class, said to be told. */
export function hesitantClass({ name, gloss, kindOf, colour }: ClassFacts, pick: Pick): string {
  const colourDoubt =
    colour === null
      ? ""
      : colour.share > 0.03
        ? ` It says ${colour.word}; I do have ${percent(colour.share)} of that here, fine.`
        : ` It says ${colour.word}, and I find ${colour.share === 0 ? "none" : "next to none"} of that, so no support from there.`;
  const kin = kindOf.length > 0 ? ` So a kind of ${kindOf.join(", which is a kind of ")}.` : "";
  return `${pick("Oh, and the request names a class:", "Wait, I was also told what it is:")} ${name}. I didn't see that, it was given to me. The dictionary, WordNet, says "${gloss}".${kin}${colourDoubt} ${pick("Whether it's right, I can't judge from patches and edges.", "I'll mention it, but as something I was told.")}`;
}
