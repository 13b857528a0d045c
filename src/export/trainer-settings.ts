import type { ExportInput, TextLengths } from "../records/index.js";

/** The model the sample files name; any other of the same kind takes its place. */
const SAMPLE_MODEL = "Qwen/Qwen2.5-VL-7B-Instruct";
const SAMPLE_TEMPLATE = "qwen2_vl";
/** Examples of an optimiser step, in one process. */
export const TRAINING_BATCH = 16;
/** Room for the picture and the chat template beside prompt, thinking and answer, in tokens. */
const ROOM_FOR_PICTURE = 4_096;
/** How much longer a text may be than an estimate says. */
const ESTIMATE_MARGIN = 1.5;

/** What a trainer's configuration is written from. */
export interface TrainerSettings {
  readonly model: string;
  /** LLaMA-Factory's name of the chat template. */
  readonly template: string;
  /** Null is one pass over the data. */
  readonly steps: number | null;
  /** Null leaves the trainer its own. */
  readonly seed: number | null;
  /** Where picture paths start; null is a place that the user has to name. */
  readonly pictures: string | null;
  /** Tokens. */
  readonly maxLength: number;
}

/** The settings of an export: those of its experiment, or a sample's. */
export function settingsOf({ options, lengths, training }: ExportInput): TrainerSettings {
  const inside = options.withPixels ? "." : null;
  if (training === undefined || training === null) {
    const maxLength = safeLength(lengths);
    return { model: SAMPLE_MODEL, template: SAMPLE_TEMPLATE, steps: null, seed: null, pictures: inside, maxLength };
  }
  const { template, pictures } = training;
  return { ...training, template: template ?? SAMPLE_TEMPLATE, pictures: inside ?? pictures };
}

/**
 * A length in tokens that shortens no pair of this export: the longest one and room for its picture, in steps of 1,024.
 * Every trainer cuts or drops longer rows without a word.
 */
export function safeLength({ longest, exact }: Pick<TextLengths, "longest" | "exact">): number {
  const text = exact ? longest : longest * ESTIMATE_MARGIN;
  return Math.ceil((text + ROOM_FOR_PICTURE) / 1_024) * 1_024;
}

/** The sentence that says what a shorter limit does, for a comment. */
export function cutWords({ tokenizer, cuts }: TextLengths): string {
  const list = cuts.map(({ limit, pairs }) => `${pairs} at ${limit}`).join(", ");
  return `Pairs longer than a limit before the picture is counted (${tokenizer}): ${list}.`;
}
