import type { Symmetry } from "../measure/measure-symmetry.js";
import { symmetryWord } from "./picture-words.js";

/** Both symmetries in one clause that follows "there is"; null where the picture is all one tone. */
export function symmetryClause({ leftRight, topBottom }: Symmetry): string | null {
  const [across, down] = [symmetryWord(leftRight), symmetryWord(topBottom)];
  if (across === null || down === null) return null;
  if (across !== down) return `${across} symmetry between left and right, and ${down} symmetry between top and bottom`;
  return across === "no real"
    ? "no real symmetry, neither from left to right nor from top to bottom"
    : `${across} symmetry both from left to right and from top to bottom`;
}
