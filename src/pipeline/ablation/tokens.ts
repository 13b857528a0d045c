import { type ArmTokens, composeText, type TokenCounter } from "../../export/index.js";
import type { ModelSpec } from "../../records/index.js";
import { countInBatches } from "../count-in-batches.js";
import type { OpenedRun } from "../open-run.js";
import { partsOf } from "../outgoing-rows.js";
import { positionsOf, settleCells } from "../settle-cells.js";
import { acceptedReplies } from "../stream-pairs.js";
import type { CellSurvey } from "../survey-cells.js";
import type { CommonPictures } from "./pictures.js";
import type { ExperimentPart } from "./view.js";

/** Texts whose tokens the survey has not counted: it knows the parts, not what stands between them. */
const COMPOSED = ["both", "thinking"] as const;

/** Tokens of the texts of an experiment. */
export interface TextTokens {
  /** Of all texts of one of its exports. */
  ofPart(part: ExperimentPart): ArmTokens;
}

/** Counts the texts of all common pictures as they stand under the loss. Walks the replies once, in the order they lie. */
export async function countTexts(
  { store, images }: OpenedRun,
  teachers: readonly ModelSpec[],
  survey: CellSurvey,
  common: CommonPictures,
  counter: TokenCounter,
): Promise<TextTokens> {
  const slotOf = (place: number, teacher: number) => COMPOSED.length * (place * teachers.length + teacher);
  const composed = new Int32Array(slotOf(images.length, 0));
  const batches = countInBatches(counter, composed);
  const positions = positionsOf(images);
  for (const [teacher, model] of teachers.entries()) {
    const cells = await settleCells(store, model, positions);
    for await (const { position, value } of acceptedReplies(store, model, cells, positions)) {
      if (!common.has(position)) continue;
      for (const [index, parts] of COMPOSED.entries()) {
        await batches.add(slotOf(position, teacher) + index, composeText(partsOf(value.parsed, parts)));
      }
    }
  }
  await batches.finish();
  return {
    ofPart({ parts, teachers: wanted, has }) {
      const sums = { thinking: 0, answer: 0, text: 0 };
      for (const place of images.keys()) {
        for (const teacher of wanted) {
          if (!has(place, teacher)) continue;
          const { thinking, answer } = survey.tokensOf(place, teacher);
          sums.thinking += thinking ?? 0;
          sums.answer += answer ?? 0;
          sums.text +=
            parts === "answer" ? (answer ?? 0) : (composed[slotOf(place, teacher) + COMPOSED.indexOf(parts)] ?? 0);
        }
      }
      return { ...partsOf(sums, parts), text: sums.text };
    },
  };
}
