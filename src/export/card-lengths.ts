import type { CardFacts } from "./card-facts.js";
import { count, plain, table } from "./markdown.js";
import { safeLength } from "./trainer-settings.js";

/** How long the texts are, and what a trainer's cut would take away unseen. */
export function lengthsSection({ export: { lengths, pairs } }: CardFacts): string {
  const { tokenizer, exact, longest, cuts } = lengths;
  return [
    "## How long the texts are",
    `Tokens of prompt, thinking and answer together, without the picture and the chat template, ${exact ? "counted with" : "estimated by"} ${plain(tokenizer)}. The longest pair has ${count(longest)}.`,
    table(
      ["cut at", "pairs that lose text", "of"],
      cuts.map(({ limit, pairs: cut }) => [limit, cut, pairs]),
    ),
    `Trainers cut or drop longer rows without a word: LLaMA-Factory at \`cutoff_len\` (2,048 unless set), TRL at \`max_length\` (1,024 unless set to \`None\`), ms-swift drops the row. ${count(safeLength(lengths))} leaves room for the picture.`,
  ].join("\n\n");
}
