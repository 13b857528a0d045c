import { ABLATION_IMAGES_NAME } from "./ablation-images.js";
import { ABLATION_NAME, type AblationArm, type AblationManifest } from "./ablation-manifest.js";
import { code, count, plain, table } from "./markdown.js";

/** How each trainer is started in an arm's folder. */
const START: Readonly<Record<AblationManifest["trainer"], string>> = {
  "llama-factory": "llamafactory-cli train train.yaml",
  trl: "python train.py",
  "ms-swift": "sh train.sh",
};

/** `README.md` of an ablation: what the arms are, how they are trained alike, how to start and how to check them. */
export function ablationReadme(manifest: AblationManifest): string {
  const sections = [
    `# Arms of ${plain(manifest.run.name) || "a run"}`,
    `${manifest.arms.length} training sets for ${plain(manifest.trainer)} on ${plain(manifest.base)}, cut from run ${plain(manifest.run.run8)} by imagenet-think ${plain(manifest.toolVersion)}. ` +
      "Each differs from the base arm in one factor; all have the same pictures (a size has a part of them), the same split and the same settings.",
    "## Arms",
    armTable(manifest),
    ...refusedLines(manifest),
    "## Budget",
    budgetWords(manifest),
    "## Tokens",
    tokenTable(manifest),
    "## Pictures",
    pictureWords(manifest),
    "## Held out",
    heldOutWords(manifest),
    "## Start and check",
    startWords(manifest),
  ];
  return `${sections.join("\n\n")}\n`;
}

function armTable({ arms }: AblationManifest): string {
  return table(
    ["arm", "factor", "what it holds", "pictures", "pairs", "classes left empty", "steps", "epochs"],
    arms.map((arm) => [
      `[${arm.name}](${arm.folder})`,
      arm.factors.join(", "),
      plain(arm.differs),
      arm.images,
      arm.pairs,
      arm.emptyClasses,
      arm.budget.steps,
      arm.budget.epochs,
    ]),
  );
}

function refusedLines({ refused }: AblationManifest): readonly string[] {
  if (refused.length === 0) return [];
  return [`Not written: ${refused.map(({ name, why }) => `${code(name)} (${plain(why)})`).join(", ")}.`];
}

function budgetWords({ budget, arms }: AblationManifest): string {
  const { kind, epochsOfBase, batch } = budget;
  const passes = `${epochsOfBase} ${epochsOfBase === 1 ? "pass" : "passes"} over the base arm in batches of ${batch}`;
  const steps = arms[0]?.budget.steps ?? 0;
  const alike =
    kind === "steps"
      ? `Every arm is trained for ${count(steps)} optimiser steps, which is ${passes}; a small arm sees its pairs more often, a short one learns from fewer tokens.`
      : `Every arm is trained until it has seen as many tokens under the loss as the base arm in ${count(steps)} steps, which is ${passes}; so steps differ.`;
  return `${alike} A batch is ${batch} steps of one example in one process: with N processes, divide \`gradient_accumulation_steps\` by N. The model, the learning rate, the seed and the longest row are the same everywhere.`;
}

function tokenTable({ arms, tokenizer }: AblationManifest): string {
  const cell = (tokens: number | null) => (tokens === null ? "" : count(tokens));
  const perPair = ({ tokens, pairs }: AblationArm) => Math.round(tokens.text / pairs);
  const rows = arms.map((arm) => [
    arm.name,
    cell(arm.tokens.thinking),
    cell(arm.tokens.answer),
    cell(arm.tokens.text),
    cell(perPair(arm)),
    cell(arm.budget.tokens),
  ]);
  const counted = `${tokenizer.exact ? "Counted with" : "Estimated by"} ${plain(tokenizer.name)}.`;
  return [
    `${counted} The text is what stands under the loss: the parts, and the tags with their line ends. Every configuration allows ${count(arms[0]?.maxLength ?? 0)} tokens a row, which is the longest text of all and room for its picture, so none is cut or dropped; each arm's own \`README.md\` says how many a shorter limit would cut.`,
    table(["arm", "thinking", "answer", "text", "text a pair", "text seen in training"], rows),
  ].join("\n\n");
}

function pictureWords({ pictures, arms, heldOut }: AblationManifest): string {
  const { folder, included } = pictures;
  if (included) {
    return `They lie in \`${folder}/\`, once for all arms, and every configuration points there. Read \`${folder}/TERMS.md\` before you pass them on.`;
  }
  const base = arms[0]?.folder ?? "";
  return `This folder holds none. Every configuration looks for them in \`${folder}/\` beside the arms, under the paths of an unpacked ImageNet. Where you have them so:

\`\`\`sh
ln -s /path/to/your/pictures ${folder}
imagenet-think join ${base} --pictures ${folder} --check
imagenet-think join ${heldOut.folder} --pictures ${folder} --check
\`\`\`

Where you have tars, shards or Parquet, \`imagenet-think join ${base} --pictures SOURCE --to JOINED\` makes one arm complete, with the same configuration; or write the ablation again with \`--with-pixels\` where the run's own pictures are.`;
}

function heldOutWords({ heldOut, nearDuplicates, seed, leftOut }: AblationManifest): string {
  const left = Object.entries(leftOut).map(([why, images]) => `${plain(why)} ${count(images)}`);
  return [
    `\`${heldOut.folder}/\` has ${count(heldOut.images)} pictures with ${count(heldOut.pairs)} pairs that no arm holds: ${Number((heldOut.share * 100).toFixed(6))} % of the sample as asked, drawn by picture and by group with seed ${seed}. ${plain(nearDuplicates.words)} The sample has ${count(nearDuplicates.groups)} such groups with ${count(nearDuplicates.images)} pictures.`,
    `Pictures in no arm and not held out: ${left.length === 0 ? "none" : left.join(", ")}.`,
  ].join("\n\n");
}

function startWords({ trainer, arms }: AblationManifest): string {
  const lines = arms.map(({ folder }) => `(cd ${folder} && ${START[trainer]})`);
  return `\`\`\`sh
${lines.join("\n")}
\`\`\`

\`imagenet-think ablation check\` with this folder proves the arms before any GPU is used. \`${ABLATION_NAME}\` has all of this for programs, \`${ABLATION_IMAGES_NAME}\` a line for every picture with its hash, group, split and rank.`;
}
