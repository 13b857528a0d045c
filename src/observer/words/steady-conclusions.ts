import type { ClassFacts } from "../class-facts.js";
import type { Scene } from "../scene.js";
import { checkWords } from "./check-words.js";
import { hintsOf } from "./hints.js";
import { capitalised, list, percent } from "./number-words.js";
import type { Pick } from "./say.js";

/** What the layout suggests, and what a second measurement says to it. */
export function steadySuggestion(scene: Scene, pick: Pick): string {
  const { asked, said } = checkWords(scene);
  const start = pick("What does all this suggest?", "So what could it be?", "Putting these together, what do I get?");
  const check = `${pick("To check:", "A test of this:", "If so,")} ${asked}. ${capitalised(said)}`;
  const verdict = scene.composition.borneOut
    ? pick(", which fits. I am fairly sure of the layout.", ", and that bears it out.", ", so the reading holds.")
    : pick(
        ", which does not fit. I hold on to the reading, but loosely.",
        ", so this is not borne out and I should stay unsure.",
      );
  const hints = hintsOf(scene).map(({ seen, mayBe, orElse }, index) =>
    index === 0
      ? pick(
          `${capitalised(seen)} may mean ${mayBe}, though ${orElse} would measure the same.`,
          `As for ${seen}, ${mayBe} would explain it, and so would ${orElse}.`,
        )
      : pick(
          `${capitalised(seen)} hints at ${mayBe} or at ${orElse}; I cannot tell which from here.`,
          `${capitalised(seen)} could come from ${mayBe}, or from ${orElse}.`,
        ),
  );
  return [`${start} ${guess(scene, pick)} ${check}${verdict}`, ...hints].join(" ");
}

function guess({ measures, composition: { kind, ground, figure, seam } }: Scene, pick: Pick): string {
  switch (kind) {
    case "flat":
      return "One tone nearly everywhere points to a blank surface, a clear sky or an empty frame.";
    case "slope":
      return "Tones that run evenly from one side to the other point to a sky, a wall under a lamp, or a drawn gradient.";
    case "all-over":
      return measures.edges.leading === null
        ? "The same detail everywhere, without a main direction, points to a surface of many small loose things seen close, not to one object."
        : "The same detail everywhere, with one direction in the lead, points to a regular surface or a pattern rather than one object.";
    case "halves":
      return seam === "level"
        ? "Two fields, one above the other, point to a horizon, a shore or the edge of a table."
        : "Two fields side by side point to a wall and its corner, a door, or two sheets laid together.";
    case "figure":
      return `${pick("One", "A single")} ${figure?.name ?? "smaller"} thing against ${ground?.name ?? "other"} surroundings: that is how a picture of one main subject is built.`;
    case "filled":
      return "One range of colours fills the frame and any accents lie inside it; that points to something seen from close by.";
    case "patchwork":
      return pick(
        "Several parts of their own colour, none of which rules the frame, point to an arrangement of things or a scene with a foreground.",
        "With several parts side by side and no single ground, this looks like a scene or an arrangement of objects.",
      );
  }
}

/** What was given about the class, said to be given. */
export function steadyClass({ name, others, gloss, kindOf, colour }: ClassFacts, pick: Pick): string {
  const [nearest, ...wider] = kindOf;
  const sentences = [
    `${pick("There is one more source.", "Besides the pixels there is a label.")} I was given the name of the class with the picture, I did not see it: ${name}${others.length > 0 ? `, also called ${list(others)}` : ""}.`,
    `WordNet defines it as "${gloss}"${nearest === undefined ? "" : ` and files it as a kind of ${nearest}${wider.length > 0 ? ` and, more broadly, of ${list(wider)}` : ""}`}.`,
  ];
  if (colour !== null) {
    sentences.push(
      colour.share > 0.03
        ? `The definition mentions ${colour.word}, and colours of that name cover ${percent(colour.share)} of the picture, so the two do not contradict each other.`
        : `The definition mentions ${colour.word}, of which I count ${colour.share === 0 ? "nothing" : percent(colour.share)} here, so on that point the picture does not help.`,
    );
  }
  sentences.push(
    pick(
      "My measurements could not have found this name by themselves.",
      "Nothing I measured proves or disproves the name, so I pass it on as given.",
    ),
  );
  return sentences.join(" ");
}

export function steadyClosing({ composition }: Scene, pick: Pick): string {
  return composition.borneOut
    ? pick(
        "All in all the measurements agree with each other, so I can put the description together.",
        "That holds together well enough to write the answer.",
      )
    : pick(
        "Since one measurement disagrees, I will keep the description to what was measured and mark the rest as a guess.",
        "I should stay careful in the answer and keep what is measured apart from what is guessed.",
      );
}
