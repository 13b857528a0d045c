import type { ExportInput } from "../records/index.js";
import { cutWords, safeLength } from "./trainer-settings.js";

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
