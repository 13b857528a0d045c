import type { AblationArm, AblationImage, AblationManifest } from "../../export/index.js";
import type { AblationPictures } from "./check-pictures.js";
import type { AblationFaults } from "./faults.js";

const PLACE = "ablation.json";
/** Whole numbers of the manifest may be rounded either way. */
const ROUNDING = 1;

/** Holds sizes, class balance and budgets of the arms against what the manifest promises. Reads nothing. */
export function checkSizes(manifest: AblationManifest, { train }: AblationPictures, faults: AblationFaults): void {
  const all = countClasses(train);
  for (const arm of manifest.arms) {
    const at = { arm: arm.name, place: PLACE };
    if (Math.abs(arm.images - arm.share * train.length) > ROUNDING) {
      faults.add(at, `${arm.images} pictures are not ${arm.share * 100} % of the ${train.length} training pictures`);
    }
    const inArm = countClasses(train.slice(0, arm.images));
    const uneven = findUneven(inArm, all);
    if (uneven !== null) faults.add(at, uneven);
    const empty = [...all.keys()].filter((name) => !inArm.has(name)).length;
    if (empty !== arm.emptyClasses) faults.add(at, `${empty} classes are empty, and it says ${arm.emptyClasses}`);
    checkBudget(manifest, arm, faults);
  }
}

function countClasses(images: readonly AblationImage[]): ReadonlyMap<string | null, number> {
  const counts = new Map<string | null, number>();
  for (const { wnid } of images) counts.set(wnid, (counts.get(wnid) ?? 0) + 1);
  return counts;
}

/** No class may exceed another by more than one picture until that one is used up. */
function findUneven(inArm: ReadonlyMap<string | null, number>, all: ReadonlyMap<string | null, number>): string | null {
  const counts = [...all].map(([name, there]) => ({ name, taken: inArm.get(name) ?? 0, there }));
  const most = counts.reduce((a, b) => (b.taken > a.taken ? b : a), { name: null, taken: 0, there: 0 });
  const short = counts.find(({ taken, there }) => taken < there && most.taken > taken + 1);
  if (short === undefined) return null;
  return `the class ${most.name} has ${most.taken} pictures and ${short.name} has ${short.taken}, though ${short.there} are there`;
}

function checkBudget(manifest: AblationManifest, arm: AblationArm, faults: AblationFaults): void {
  const { kind, batch } = manifest.budget;
  const { steps, examples, tokens } = arm.budget;
  const at = { arm: arm.name, place: PLACE };
  const perExample = arm.tokens.text / arm.pairs;
  if (steps * batch !== examples) faults.add(at, `${steps} steps of ${batch} are not ${examples} examples`);
  if (Math.abs(tokens - examples * perExample) > ROUNDING) {
    faults.add(at, `${examples} examples of this arm hold ${Math.round(examples * perExample)} tokens, not ${tokens}`);
  }
  const base = manifest.arms[0];
  if (base === undefined) return;
  const differs =
    kind === "steps"
      ? steps !== base.budget.steps
      : Math.abs(tokens - base.budget.tokens) > batch * perExample + ROUNDING;
  if (differs) {
    const [seen, wanted] = kind === "steps" ? [steps, base.budget.steps] : [tokens, base.budget.tokens];
    faults.add(at, `its budget of ${seen} ${kind} is not that of the arm ${base.name}, ${wanted}`);
  }
}
