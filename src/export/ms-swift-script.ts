import type { ExportInput } from "../records/index.js";
import { cutWords, settingsOf, TRAINING_BATCH } from "./trainer-settings.js";

/** `train.sh` for ms-swift, started in the export's folder. `--strict true`, because it drops rows in silence otherwise. */
export function msSwiftScript(input: ExportInput, fileOf: (split: string) => string): string {
  const { options, lengths } = input;
  const { model, steps, seed, pictures, maxLength } = settingsOf(input);
  const [trained = "train", held] = options.splits;
  const lines = [
    `ROOT_IMAGE_DIR="\${ROOT_IMAGE_DIR:-${pictures ?? "/path/to/your/pictures"}}" swift sft`,
    `--model ${shellText(model)}`,
    `--dataset ${fileOf(trained)}`,
    held === undefined ? "--split_dataset_ratio 0" : `--val_dataset ${fileOf(held)}`,
    "--strict true",
    `--max_length ${maxLength}`,
    // Templates of models that may think or not put an empty think block before a text without any, under the loss.
    ...(options.parts === "answer" ? ["--add_non_thinking_prefix false"] : []),
    "--tuner_type lora",
    "--torch_dtype bfloat16",
    steps === null ? "--num_train_epochs 1" : `--max_steps ${steps}`,
    ...(seed === null ? [] : [`--seed ${seed}`]),
    "--per_device_train_batch_size 1",
    `--gradient_accumulation_steps ${TRAINING_BATCH}`,
    "--learning_rate 1e-5",
    "--output_dir output",
    '"$@"',
  ];
  return `#!/bin/sh
# Started in this folder; flags are added to its own, e.g. --model_type where a local model is not known by its name.
# ${cutWords(lengths)}
# Rows longer than max_length, and rows whose picture is missing, are dropped without a word unless strict is true.
${lines.join(" \\\n  ")}
`;
}

/** A name as it is where a shell reads it as one word, else between quotes. */
function shellText(text: string): string {
  return /^[A-Za-z0-9/._-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
