import type { SampleSpec, SourceKind } from "../records/index.js";
import type { CardFacts } from "./card-facts.js";
import { code, count, fenced, plain, table } from "./markdown.js";

const SOURCE_WORDS: Readonly<Record<SourceKind, string>> = {
  folder: "a folder of files",
  "imagenet-tar": "ImageNet tar files",
  webdataset: "WebDataset shards",
  parquet: "Parquet files with pictures",
};

export function picturesSection(facts: CardFacts): string {
  const { sample, sources } = facts;
  const rejected = Object.entries(sample.rejected).filter(([, pictures]) => pictures > 0);
  const turnedAway = rejected.reduce((sum, [, pictures]) => sum + pictures, 0);
  const rows: (readonly [string, number])[] = [
    ["listed in the classes asked for", sample.catalog],
    ["listed in other classes, not looked at", sample.outsideClasses],
    ["not drawn", sample.notDrawn],
    ["drawn and turned away", turnedAway],
    ...rejected.map(([reason, pictures]) => [`… ${plain(reason)}`, pictures] as const),
    ["**in the sample**", facts.images],
  ];
  return [
    "## The pictures",
    `They were read from ${sources.map(({ kind }) => SOURCE_WORDS[kind]).join(" and ") || "no source"} and sent as they are, or made plain where a model could not read them.`,
    table(["pictures", "number"], rows),
    [drawnAs(sample.drawnAs), shortClasses(sample.shortClasses), coverage(facts), gate(facts), people(facts)]
      .filter((line) => line !== "")
      .map((line) => `- ${line}`)
      .join("\n"),
  ].join("\n\n");
}

function drawnAs(spec: SampleSpec | null): string {
  if (spec === null) return "Sample: every accepted picture.";
  const size = spec.size === null ? "" : `${count(spec.size)} pictures, spread evenly over the classes`;
  const perClass = spec.perClass === null ? "" : `up to ${count(spec.perClass)} pictures a class`;
  return `Sample: ${[size, perClass].filter((part) => part !== "").join(", ") || "every accepted picture"}, drawn with seed ${spec.seed}.`;
}

function shortClasses(classes: number): string {
  return classes === 0
    ? ""
    : `${count(classes)} ${classes === 1 ? "class" : "classes"} gave fewer pictures than their share.`;
}

function coverage({ classes: { list, perClass, withoutClass, wordnet } }: CardFacts): string {
  const spread =
    perClass === null
      ? "no picture has a class"
      : `${count(perClass.classes)} classes, ${count(perClass.min)} to ${count(perClass.max)} pictures a class, ${perClass.mean.toFixed(1)} on average`;
  const without = withoutClass > 0 && perClass !== null ? `; ${count(withoutClass)} pictures have no class` : "";
  return `Classes: ${spread}${without}. List: ${code(list)}; names and meanings from WordNet ${plain(wordnet)}.`;
}

function gate({ gate: { minSide, maxPixels, blur, blank } }: CardFacts): string {
  const off = (value: number | null) => (value === null ? "off" : `below ${value}`);
  return `Gate: shorter side at least ${count(minSide)} pixels; above ${count(maxPixels)} pixels scaled down at sending; blurred ${off(blur)}, blank ${off(blank)}.`;
}

function people({ people: { policy, marked, included } }: CardFacts): string {
  if (policy === "keep") return "Person classes: kept like any other (`people: keep`).";
  if (policy === "drop") return "Person classes: left out before drawing (`people: drop`).";
  return `Person classes: marked for review (\`people: review\`). ${count(marked)} pictures of the sample are marked and ${included ? "**are in this export**; look at them before use" : "are not in this export"}.`;
}

export function creditsSection({ licence, sources, export: { withPixels } }: CardFacts): string {
  const parts = [
    "## Licence, terms and credits",
    licence === null
      ? "The recipe states no licence for the generated texts."
      : `Licence of the generated texts, as the recipe states it: ${plain(licence)}.`,
    "The licence does not cover the pictures. The models have licences of their own, which may bind what they wrote. Pictures from ImageNet may be used for non-commercial research and education under ImageNet's own terms, which do not let a derived set hand them on.",
  ];
  if (withPixels) parts.push("**This export holds pictures.** Read `TERMS.md` before it leaves your group.");
  for (const { kind, credits } of sources) {
    if (credits !== null && credits.trim() !== "")
      parts.push(`Credits that came with the pictures (${SOURCE_WORDS[kind]}), word for word:`, fenced(credits));
  }
  return parts.join("\n\n");
}
