import type { ExportInput, TextLengths } from "../records/index.js";

/** The model the sample files name; any other of the same kind takes its place. */
const SAMPLE_MODEL = "Qwen/Qwen2.5-VL-7B-Instruct";
/** Room for the picture and the chat template beside prompt, thinking and answer, in tokens. */
const ROOM_FOR_PICTURE = 4_096;
/** How much longer a text may be than an estimate says. */
const ESTIMATE_MARGIN = 1.5;

/**
 * A length in tokens that shortens no pair of this export: the longest one and room for its picture, in steps of 1,024.
 * Every trainer cuts or drops longer rows without a word.
 */
export function safeLength({ longest, exact }: TextLengths): number {
  const text = exact ? longest : longest * ESTIMATE_MARGIN;
  return Math.ceil((text + ROOM_FOR_PICTURE) / 1_024) * 1_024;
}

/** The sentence that says what a shorter limit does, for a comment. */
function cutWords({ tokenizer, cuts }: TextLengths): string {
  const list = cuts.map(({ limit, pairs }) => `${pairs} at ${limit}`).join(", ");
  return `Pairs longer than a limit before the picture is counted (${tokenizer}): ${list}.`;
}

export interface TrainerSettings {
  readonly model: string;
  /** Where results go. */
  readonly output: string;
}
const SAMPLE_SETTINGS: TrainerSettings = { model: SAMPLE_MODEL, output: "output" };

/**
 * `train.yaml` for `llamafactory-cli train`, started in the export's folder. `enable_thinking` decides where a
 * reasoning template puts the empty think block of a text without thinking: with false it is not learned.
 */
export function llamaFactoryConfig(
  { options, lengths }: ExportInput,
  datasetName: (split: string) => string,
  { model, output } = SAMPLE_SETTINGS,
): string {
  const [trained = "train", held] = options.splits;
  const media = options.withPixels ? "." : "/path/to/your/pictures";
  return `# llamafactory-cli train train.yaml, started in this folder
# ${cutWords(lengths)}
model_name_or_path: ${model}
# Keeps the text as it is. With a reasoning template (qwen3_vl, glm4_5v, kimi_vl, ...) enable_thinking matters.
template: qwen2_vl
enable_thinking: ${options.parts !== "answer"}
stage: sft
do_train: true
finetuning_type: lora
dataset_dir: .
dataset: ${datasetName(trained)}
${held === undefined ? "" : `eval_dataset: ${datasetName(held)}\n`}# The folder that the picture paths start from; \`imagenet-think join ... --check\` says beforehand whether all are there.
media_dir: ${media}
# Longer texts are cut without a word.
cutoff_len: ${safeLength(lengths)}
per_device_train_batch_size: 1
gradient_accumulation_steps: 16
learning_rate: 1.0e-5
num_train_epochs: 1
bf16: true
output_dir: ${output}
report_to: none
`;
}

/** `train.sh` for ms-swift, started in the export's folder. `--strict true`, because it drops rows in silence otherwise. */
export function msSwiftScript(
  { options, lengths }: ExportInput,
  fileOf: (split: string) => string,
  { model, output } = SAMPLE_SETTINGS,
): string {
  const [trained = "train", held] = options.splits;
  const media = options.withPixels ? "." : "/path/to/your/pictures";
  return `#!/bin/sh
# Started in this folder. ${cutWords(lengths)}
# Rows longer than max_length, and rows whose picture is missing, are dropped without a word unless strict is true.
ROOT_IMAGE_DIR="\${ROOT_IMAGE_DIR:-${media}}" swift sft \\
  --model ${model} \\
  --dataset ${fileOf(trained)} \\
${held === undefined ? "  --split_dataset_ratio 0 \\\n" : `  --val_dataset ${fileOf(held)} \\\n`}  --strict true \\
  --max_length ${safeLength(lengths)} \\
  --tuner_type lora \\
  --torch_dtype bfloat16 \\
  --num_train_epochs 1 \\
  --per_device_train_batch_size 1 \\
  --gradient_accumulation_steps 16 \\
  --learning_rate 1e-5 \\
  --output_dir ${output}
`;
}

/** `train.py` for TRL, started in the export's folder with the folder of pictures as its argument, where they are not inside. */
export function trlScript({ options, lengths }: ExportInput, { model, output } = SAMPLE_SETTINGS): string {
  const held = options.splits[1];
  const join = options.withPixels
    ? `def put_back(data):
    return data`
    : `pictures = Path(sys.argv[1]).resolve()  # the folder that the picture paths start from


def put_back(data):
    data = data.map(lambda row: {"images": [str(pictures / path) for path in row["images"]]})
    return data.cast_column("images", List(Image()))`;
  const imports = options.withPixels
    ? "from pathlib import Path\n\nfrom datasets import load_dataset"
    : "import sys\nfrom pathlib import Path\n\nfrom datasets import Image, List, load_dataset";
  const load = (split: string) => `put_back(load_dataset(str(here), "sft", split="${split}"))`;
  return `"""TRL's SFTTrainer on this export: python train.py${options.withPixels ? "" : " /path/to/your/pictures"}

${cutWords(lengths)}
"""

${imports}
from trl import SFTConfig, SFTTrainer

here = Path(__file__).resolve().parent
${join}


# max_length=None: TRL cuts at 1,024 tokens otherwise, in the middle of the thinking or of the picture.
args = SFTConfig(
    output_dir="${output}",
    max_length=None,
    num_train_epochs=1,
    per_device_train_batch_size=1,
    gradient_accumulation_steps=16,
    learning_rate=1e-5,
)
trainer = SFTTrainer(
    model="${model}",
    args=args,
    train_dataset=${load(options.splits[0] ?? "train")},${held === undefined ? "" : `\n    eval_dataset=${load(held)},`}
)
trainer.train()
`;
}

/** `qwen_datasets.py`: the entries of Qwen's finetune code; LLaVA takes the same files as `--data_path` and `--image_folder`. */
export function qwenRegistration({ options, lengths }: ExportInput): string {
  const media = options.withPixels ? "str(here)" : '"/path/to/your/pictures"';
  const entries = options.splits.map(
    (split) => `    "imagenet_think_${split}": {
        "annotation_path": str(here / "${split}.json"),
        "data_path": pictures,
    },`,
  );
  return `"""Entries for the data_dict of Qwen's finetune code (qwenvl/data/__init__.py).

LLaVA: --data_path ${options.splits[0] ?? "train"}.json --image_folder <pictures>
Set --model_max_length to ${safeLength(lengths)} or more. ${cutWords(lengths)}
Qwen's loader takes another sample in silence where a picture is missing, so check first: imagenet-think join --check
"""

from pathlib import Path

here = Path(__file__).resolve().parent
pictures = ${media}

IMAGENET_THINK = {
${entries.join("\n")}
}
`;
}
