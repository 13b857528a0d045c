import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { UserError } from "../records/index.js";
import { openRun } from "./open-run.js";
import { planComparisons } from "./score-plan.js";
import { cellsByImage } from "./stream-pairs.js";
import { PARTS, textOf } from "./survey-texts.js";

/**
 * Writes every pair that `score` measures as a JSON line of id, reference and hypothesis, for a metric that is computed
 * elsewhere; `score --import` takes its numbers by those ids. Gives the number of lines.
 */
export async function writePairLines(folder: string, to: string, say: (sentence: string) => void): Promise<number> {
  const { store, header, images } = await openRun(folder, say);
  const comparisons = planComparisons(header.models);
  const names = header.models.map(({ name }) => name);
  const file = createWriteStream(to);
  const broken = once(file, "error").then(([error]) => {
    throw new UserError(`${to} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  });
  broken.catch(() => {});
  let count = 0;
  for await (const cells of cellsByImage(store, header.models, images)) {
    for (const part of PARTS) {
      for (const { model, reference } of comparisons) {
        const [from, of] = [cells[names.indexOf(reference)]?.pair, cells[names.indexOf(model)]?.pair];
        const [referenceText, hypothesisText] = [from && textOf(from, part), of && textOf(of, part)];
        if (from === undefined || referenceText == null || hypothesisText == null) continue;
        const id = `${from.image}/${model}/${reference}/${part}`;
        const line = JSON.stringify({ id, reference: referenceText, hypothesis: hypothesisText });
        if (!file.write(`${line}\n`)) await Promise.race([once(file, "drain"), broken]);
        count += 1;
      }
    }
  }
  file.end();
  await Promise.race([finished(file), broken]);
  return count;
}
