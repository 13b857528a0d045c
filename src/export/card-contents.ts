import { OUTCOMES } from "../records/index.js";
import type { CardFacts } from "./card-facts.js";
import { code, count, fenced, plain, table } from "./markdown.js";

/** What goes out, what stays behind and why; the lines add up to the cells of the exported teachers. */
export function contentsSection(facts: CardFacts): string {
  const { teachers, pairs, pictures, heldBack, pairsBySplit, isWide } = facts.export;
  const splits = Object.entries(pairsBySplit);
  const models = facts.models.filter((model) => teachers.includes(model.name));
  const left = OUTCOMES.filter((outcome) => outcome !== "answered").map((outcome) => ({
    why: outcome,
    cells: models.reduce((sum, model) => sum + model.outcomes[outcome], 0),
  }));
  const held = Object.entries(heldBack).map(([why, cells]) => ({ why: `answered, but ${plain(why)}`, cells }));
  const leftOut = [...left, ...held].filter(({ cells }) => cells > 0);
  const cells = facts.images * models.length;
  const accounted = pairs + leftOut.reduce((sum, { cells }) => sum + cells, 0);
  return [
    "## What is in here, and what was left out",
    `Teachers: ${teachers.map(code).join(", ") || "none"}. Only answered pairs go out; ${isWide ? "a row holds all of them, so a picture that one of them has not answered is left out" : "a picture without any is left out"}.`,
    table(
      ["cells", "number"],
      [
        ["**in this export**", pairs],
        ...leftOut.map(({ why, cells }) => [`left out: ${why}`, cells] as const),
        ["together", accounted],
      ],
    ),
    accounted === cells
      ? `That is all ${count(cells)} cells of these teachers. ${count(pictures)} of ${count(facts.images)} pictures have at least one pair.`
      : `**These teachers have ${count(cells)} cells, so ${count(Math.abs(cells - accounted))} are not accounted for.**`,
    ...(splits.length > 1
      ? [
          `Split by picture: ${splits.map(([split, pairsOfSplit]) => `${code(split)} ${count(pairsOfSplit)} pairs`).join(", ")}.`,
        ]
      : []),
  ].join("\n\n");
}

const IDENTITY = [
  ["`image_id`", "the picture; the same in every table and in the run"],
  ["`wnid`", "its class: a WordNet 3.0 noun, the name of its folder, or null"],
  ["`file_name`", "its path in the source, with `/`: `<wnid>/<file>` as in an unpacked ImageNet"],
  ["`image_sha256`", "SHA-256 of the file's bytes"],
  ["`image_width`, `image_height`", "pixels, turned upright"],
] as const;
const PAIR = [
  ["`teacher`", "the name in the table above"],
  ["`prompt`", "what was asked"],
  ["`thinking`", "the text between the thinking tags; null where the model gave none"],
  ["`answer`", "the answer, without tags"],
  ["`observer`", "true where the built-in observer wrote it, not a model"],
] as const;
const SAMPLE = [
  ["`weight`", "pictures of its class in the catalog for each one drawn of it"],
  ["`review`", "a person class, to be looked at before use"],
] as const;

const TOKENS = [["`thinking_tokens`, `answer_tokens`, `pair_tokens`", "tokens of each part, and their sum"]] as const;

export function columnsSection(facts: CardFacts): string {
  const { withPixels, isWide } = facts.export;
  const rows = isWide ? wideColumnRows(facts.export) : pairColumnRows(facts.export);
  const parts = ["## Columns", shapeOf(facts.export), table(["column", "holds"], rows)];
  const note = textNote(facts.export);
  if (note !== "") parts.push(note);
  if (!withPixels) parts.push(...putBack(facts.export.format));
  return parts.join("\n\n");
}

type ExportOf = CardFacts["export"];
type ColumnRow = readonly [string, string];

function pairColumnRows({ format, composes }: ExportOf): readonly ColumnRow[] {
  const own = READER_COLUMNS[format];
  if (own === undefined) {
    const text: readonly ColumnRow[] = composes ? [["`text`", "thinking between tags, then the answer"]] : [];
    return [...IDENTITY, ...PAIR, ...TOKENS, ...SAMPLE, ...text];
  }
  const facts = PAIR.filter(([name]) => name === "`teacher`" || name === "`observer`");
  return [...own, ...IDENTITY, ...facts, ...TOKENS, ...SAMPLE];
}

function wideColumnRows({ format, withPixels, composes }: ExportOf): readonly ColumnRow[] {
  const image: ColumnRow = ["`image`", "the picture, byte for byte as in the source"];
  const text = composes ? ", `text_n`" : "";
  return [
    ...IDENTITY,
    ...(withPixels && format === "huggingface" ? [image] : []),
    ["`prompt`", "what was asked"],
    [
      `\`teacher_n\`, \`thinking_n\`, \`answer_n\`, \`observer_n\`, \`…_tokens_n\`${text}`,
      "n = 1, 2, …: the teachers in the order above",
    ],
    ...SAMPLE,
  ];
}

/** What the reader of a format looks for; the other columns say which pair it is. */
const READER_COLUMNS: Readonly<Record<string, readonly ColumnRow[]>> = {
  trl: [
    ["`prompt`, `completion`", "messages of typed parts; the loss covers the completion only"],
    ["`images`", "the picture, or its path"],
  ],
  "llama-factory": [
    ["`messages`", "the question with `<image>`, and the text to learn"],
    ["`images`", "the path of the picture"],
  ],
  "ms-swift": [
    ["`messages`", "the question with `<image>`, and the text to learn"],
    ["`images`", "the path of the picture"],
  ],
  llava: [
    ["`id`, `image`", "picture and teacher; the path of the picture"],
    ["`conversations`", "the question with `<image>`, and the text to learn"],
  ],
};

function shapeOf({ format, isWide, withPixels }: ExportOf): string {
  if (isWide) {
    const empty =
      format === "webdataset" ? " A text that is absent is empty here, because its readers cannot bear a null." : "";
    return `One row a picture, all teachers side by side.${empty}`;
  }
  const images = format === "huggingface" && !withPixels ? "The configuration `images` has one row a picture. " : "";
  return `One row a pair; (\`image_id\`, \`teacher\`) is unique. ${images}Join tables by \`image_id\`, never by order.`;
}

function textNote({ composes, thinking, parts, escaped }: ExportOf): string {
  const notes: string[] = [];
  if (parts !== "both") notes.push(`Only the ${parts} of each pair is in here.`);
  if (composes && thinking === "field") notes.push("Thinking stands in `reasoning_content`, beside the answer.");
  else if (composes && parts !== "answer") {
    notes.push(
      "Thinking stands between `<think>` and `</think>` on lines of their own, then an empty line, then the answer.",
    );
  }
  if (escaped > 0) {
    notes.push(
      `**${count(escaped)} pairs held tags or special tokens of their readers; the first sign of each is written as a character reference, so those texts are not word for word.**`,
    );
  }
  return notes.join(" ");
}

function putBack(format: string): string[] {
  const heading = "### To put the pictures back";
  const words =
    "No pixels are stored here. Whoever has the same pictures can join them by `file_name` and must check `image_sha256`, because copies of ImageNet differ (resized, re-encoded, renamed). This does both, and writes what the reader of this format needs:";
  const line = fenced("npx imagenet-think join path/to/this/folder --pictures /your/imagenet --to joined", "sh");
  if (format !== "huggingface") return [heading, words, line];
  const snippet = `import hashlib
from pathlib import Path
from datasets import Image, load_dataset

pictures = Path("/your/imagenet")  # the folder that file_name starts from
pairs = load_dataset("path/to/this/folder", "pairs", split="train")

def put_back(row):
    path = pictures / row["file_name"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == row["image_sha256"], path
    return {"image": str(path)}

pairs = pairs.map(put_back).cast_column("image", Image())`;
  return [heading, words, line, "Or in Python:", fenced(snippet, "python")];
}
