import type { ExportInput } from "../records/index.js";
import { thinksInTags } from "./llama-factory-template.js";
import { cutWords, settingsOf, TRAINING_BATCH } from "./trainer-settings.js";

/**
 * `train.yaml` for `llamafactory-cli train`, started in the export's folder. `enable_thinking` decides where a
 * reasoning template puts the empty think block of a text without thinking: with false it is not learned.
 */
export function llamaFactoryConfig(input: ExportInput, datasetName: (split: string) => string): string {
  const { options, lengths } = input;
  const { model, template, steps, seed, pictures, maxLength } = settingsOf(input);
  const [trained = "train", held] = options.splits;
  return `# llamafactory-cli train train.yaml, started in this folder
# ${cutWords(lengths)}
model_name_or_path: ${yamlText(model)}
# Keeps the text as it is. With a reasoning template (qwen3_vl, glm4_5v, kimi_vl, ...) enable_thinking matters.
template: ${yamlText(template)}
enable_thinking: ${options.parts !== "answer" && thinksInTags(template)}
stage: sft
do_train: true
finetuning_type: lora
dataset_dir: .
dataset: ${datasetName(trained)}
${held === undefined ? "" : `eval_dataset: ${datasetName(held)}\n`}# The folder that the picture paths start from; \`imagenet-think join ... --check\` says beforehand whether all are there.
media_dir: ${pictures ?? "/path/to/your/pictures"}
# Longer texts are cut without a word.
cutoff_len: ${maxLength}
per_device_train_batch_size: 1
gradient_accumulation_steps: ${TRAINING_BATCH}
learning_rate: 1.0e-5
${steps === null ? "num_train_epochs: 1" : `max_steps: ${steps}`}
${seed === null ? "" : `seed: ${seed}\n`}bf16: true
output_dir: output
report_to: none
`;
}

/** A name as it is where YAML reads it as text, else between quotes. */
function yamlText(text: string): string {
  return /^[A-Za-z/][A-Za-z0-9/._-]*$/.test(text) && !/^(?:true|false|yes|no|on|off|null)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
