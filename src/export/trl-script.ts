import type { ExportInput } from "../records/index.js";
import { cutWords, settingsOf, TRAINING_BATCH } from "./trainer-settings.js";

/** `train.py` for TRL, started anywhere with the folder of pictures as its argument, where the script does not know it. */
export function trlScript(input: ExportInput): string {
  const { options, lengths } = input;
  const { model, steps, seed, pictures } = settingsOf(input);
  const held = options.splits[1];
  const load = (split: string) => `prepare(load_dataset(str(here), "sft", split="${split}"))`;
  const argument = options.withPixels
    ? ""
    : pictures === null
      ? " /path/to/your/pictures"
      : " [/path/to/your/pictures]";
  const settings = [
    'output_dir=str(here / "output"),',
    "max_length=None,",
    steps === null ? "num_train_epochs=1," : `max_steps=${steps},`,
    ...(seed === null ? [] : [`seed=${seed},`]),
    "per_device_train_batch_size=1,",
    `gradient_accumulation_steps=${TRAINING_BATCH},`,
    "learning_rate=1e-5,",
    ...(options.parts === "answer" ? ["remove_unused_columns=False,  # chat_template_kwargs is one of them"] : []),
  ];
  return `"""TRL's SFTTrainer on this export: python train.py${argument}

${cutWords(lengths)}
"""

${options.withPixels ? "" : "import sys\n"}from pathlib import Path

from datasets import ${options.withPixels ? "" : "Image, List, "}load_dataset
from trl import SFTConfig, SFTTrainer

here = Path(__file__).resolve().parent
${options.withPixels ? "" : `${picturesLine(pictures)}\n`}

def prepare(data):
${prepareLines(input)
  .map((line) => `    ${line}\n`)
  .join("")}

# max_length=None: TRL cuts at 1,024 tokens otherwise, in the middle of the thinking or of the picture.
args = SFTConfig(
${settings.map((setting) => `    ${setting}\n`).join("")})
trainer = SFTTrainer(
    model=${JSON.stringify(model)},
    args=args,
    train_dataset=${load(options.splits[0] ?? "train")},${held === undefined ? "" : `\n    eval_dataset=${load(held)},`}
)
trainer.train()
`;
}

function picturesLine(pictures: string | null): string {
  const words = "# the folder that the picture paths start from";
  if (pictures === null) return `pictures = Path(sys.argv[1]).resolve()  ${words}`;
  return `pictures = (Path(sys.argv[1]) if len(sys.argv) > 1 else here / "${pictures}").resolve()  ${words}`;
}

function prepareLines({ options }: ExportInput): readonly string[] {
  const lines: string[] = [];
  if (!options.withPixels) {
    lines.push('data = data.map(lambda row: {"images": [str(pictures / path) for path in row["images"]]})');
    lines.push('data = data.cast_column("images", List(Image()))');
  }
  if (options.parts === "answer") {
    lines.push(
      "# Reasoning templates put an empty think block before an answer; so it stands in the prompt, outside the loss.",
    );
    lines.push('data = data.add_column("chat_template_kwargs", [{"enable_thinking": False}] * len(data))');
  }
  return [...lines, "return data"];
}
