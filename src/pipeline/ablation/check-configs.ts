import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AblationArm, AblationManifest, AblationTrainer } from "../../export/index.js";
import type { AblationFaults } from "./faults.js";

/** What the check knows of a trainer's configuration: the lines that may differ between arms. */
interface ConfigShape {
  readonly steps: RegExp;
  /** Tokens that a row may have. */
  readonly length: RegExp;
  readonly model: RegExp;
  /** Lines that only an arm of answers alone may have otherwise: they keep an empty think block from being learned. */
  readonly ofAnswers: RegExp;
  /** What one of those must say there. */
  readonly guard: RegExp;
}

const SHAPES: Readonly<Record<AblationTrainer, ConfigShape>> = {
  "llama-factory": {
    steps: /^max_steps: (.*)$/,
    length: /^cutoff_len: (.*)$/,
    model: /^model_name_or_path: (.*)$/,
    ofAnswers: /^enable_thinking: /,
    guard: /^enable_thinking: false$/,
  },
  trl: {
    steps: /^ *max_steps=(.*),$/,
    length: /^ *max_length=(.*),$/,
    model: /^ *model=(.*),$/,
    ofAnswers: /chat_template_kwargs|remove_unused_columns|Reasoning templates/,
    guard: /add_column\("chat_template_kwargs", \[\{"enable_thinking": False\}\]/,
  },
  "ms-swift": {
    steps: /^ *--max_steps (.*?) \\$/,
    length: /^ *--max_length (.*?) \\$/,
    model: /^ *--model (.*?) \\$/,
    ofAnswers: /^ *--add_non_thinking_prefix /,
    guard: /^ *--add_non_thinking_prefix false \\$/,
  },
};
/** Words of a configuration about its own lengths; no trainer reads them. */
const COMMENT = /^#|^Pairs longer than a limit/;

interface Line {
  readonly number: number;
  readonly text: string;
}

/** The configurations of all arms must be line for line those of the first, but for steps, length and what keeps empty thoughts out. */
export async function checkConfigs(folder: string, manifest: AblationManifest, faults: AblationFaults): Promise<void> {
  let base: Configured | null = null;
  for (const arm of manifest.arms) {
    const text = await readFile(join(folder, arm.folder, arm.config), "utf8").catch(() => null);
    if (text === null) {
      faults.add({ arm: arm.name, place: arm.config }, "the configuration is not there");
      continue;
    }
    const lines = checkSettings(text, arm, manifest, faults);
    if (base === null) base = { arm, lines };
    else compareLines(base, { arm, lines }, manifest.trainer, faults);
  }
}

/** Holds the settings of one configuration against the manifest. Gives the lines that all arms share. */
function checkSettings(
  config: string,
  arm: AblationArm,
  { base, trainer }: AblationManifest,
  faults: AblationFaults,
): readonly Line[] {
  const wanted = {
    steps: String(arm.budget.steps),
    // TRL would cut in the middle of a picture, so it is told not to cut at all.
    length: trainer === "trl" ? "None" : String(arm.maxLength),
    model: base,
  };
  const shape = SHAPES[trainer];
  const lines = config.split("\n").map((text, index): Line => ({ number: index + 1, text }));
  if (arm.parts === "answer" && !lines.some(({ text }) => shape.guard.test(text))) {
    faults.add({ arm: arm.name, place: arm.config }, "nothing keeps an empty think block out of the loss");
  }
  const settled = new Set<Line>();
  for (const key of ["steps", "length", "model"] as const) {
    const pattern = shape[key];
    const line = lines.find(({ text }) => pattern.test(text));
    const said = line === undefined ? null : (pattern.exec(line.text)?.[1] ?? "").replace(/^(["'])(.*)\1$/, "$2");
    if (line !== undefined) settled.add(line);
    if (said === wanted[key]) continue;
    const place = line === undefined ? arm.config : `${arm.config} line ${line.number}`;
    const seen = said === null ? `it does not say its ${key}` : `its ${key} is ${said}`;
    faults.add({ arm: arm.name, place }, `${seen}, and ablation.json says ${wanted[key]}`);
  }
  return lines.filter((line) => !settled.has(line) && !COMMENT.test(line.text));
}

interface Configured {
  readonly arm: AblationArm;
  readonly lines: readonly Line[];
}

function compareLines(base: Configured, other: Configured, trainer: AblationTrainer, faults: AblationFaults): void {
  // Where only one of the two is of answers alone, the other's lines about thinking have no partner.
  const isLone = (base.arm.parts === "answer") !== (other.arm.parts === "answer");
  const shared = ({ lines }: Configured) =>
    isLone ? lines.filter(({ text }) => !SHAPES[trainer].ofAnswers.test(text)) : lines;
  const [wanted, seen] = [shared(base), shared(other)];
  for (let at = 0; at < Math.max(wanted.length, seen.length); at++) {
    const [line, lineOfBase] = [seen[at], wanted[at]];
    if (line?.text === lineOfBase?.text) continue;
    const { name, config } = other.arm;
    faults.add(
      { arm: name, place: line === undefined ? config : `${config} line ${line.number}` },
      `it says ${JSON.stringify(line?.text ?? "")} where the arm ${base.arm.name} says ${JSON.stringify(lineOfBase?.text ?? "")}`,
    );
    return;
  }
}
