import { OUTCOMES } from "../records/index.js";
import type { CardFacts } from "./card-facts.js";
import { code, count, fenced, plain, table } from "./markdown.js";

/** What goes out, what stays behind and why; the lines add up to the cells of the exported teachers. */
export function contentsSection(facts: CardFacts): string {
  const { teachers, pairs, pictures, heldBack } = facts.export;
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
    `Teachers: ${teachers.map(code).join(", ") || "none"}. Only answered pairs go out; a picture without any is left out.`,
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

export function columnsSection({ export: { withPixels, format } }: CardFacts): string {
  const wide = [
    ["`image`", "the picture, byte for byte as in the source"],
    ["`prompt`", "what was asked"],
    [
      "`teacher_n`, `thinking_n`, `answer_n`, `observer_n`",
      "n = 1, 2, …: the teachers in the order above; null without a pair",
    ],
  ] as const;
  const rows = withPixels ? [...IDENTITY, ...wide, ...SAMPLE] : [...IDENTITY, ...PAIR, ...SAMPLE];
  const shape = withPixels
    ? "One row a picture, all teachers side by side."
    : `One row a pair; (\`image_id\`, \`teacher\`) is unique. ${format === "huggingface" ? "The configuration `images` has one row a picture. " : ""}Join tables by \`image_id\`, never by order.`;
  const parts = ["## Columns", shape, table(["column", "holds"], rows)];
  if (!withPixels) parts.push(...putBack());
  return parts.join("\n\n");
}

function putBack(): string[] {
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
  return [
    "### To put the pictures back",
    "No pixels are stored here. Whoever has the same pictures can join them by `file_name` and must check `image_sha256`, because copies of ImageNet differ (resized, re-encoded, renamed):",
    fenced(snippet, "python"),
  ];
}
