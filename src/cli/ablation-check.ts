import { Command } from "commander";
import { UsageError } from "../records/index.js";
import { type Finish, print, say, table, thousands } from "./shared.js";

interface CheckFlags {
  python?: string;
  model?: string;
  tokenizer?: string;
  json?: true;
}

export function ablationCheckCommand(finish: Finish): Command {
  return new Command("check")
    .description("prove that the arms differ in nothing but what they shall, and that none has seen the held-out set")
    .argument("<dir>", "folder that `ablation` wrote")
    .option("--python <path>", "an interpreter with the trainer, which then gets rows of every arm (clients/README.md)")
    .option("--model <dir>", "a small model for --python; the base of the ablation otherwise")
    .option("--tokenizer <path>", "count tokens again with the tokenizer the ablation was counted with")
    .option("--json", "print the facts as one JSON object")
    .addHelpText(
      "after",
      "\nExits with 1 where anything is wrong, one sentence for each fault.\n" +
        "\nExample:\n  $ imagenet-think ablation check arms \\\n      --python ~/trl/bin/python --model tiny-vlm\n",
    )
    .action(async (dir: string, flags: CheckFlags) => {
      if (flags.model !== undefined && flags.python === undefined) {
        throw new UsageError("--model is the trainer's: it needs --python, the interpreter that has the trainer");
      }
      const [{ checkAblation, checkInTrainer }, { showProgress }] = await Promise.all([
        import("../pipeline/index.js"),
        import("./progress.js"),
      ]);
      const progress = showProgress("arms");
      const check = await checkAblation(dir, {
        tokenizer: flags.tokenizer ?? null,
        onProgress: progress.update,
      }).finally(progress.end);
      const lines: string[] = [];
      const { python, model = null } = flags;
      const tell = (line: string) => {
        lines.push(line);
        if (flags.json !== true) say(line);
      };
      const isLearned = python === undefined ? null : await checkInTrainer(dir, { python, model, say: tell });
      const isHonest = check.faultCount === 0 && isLearned !== false;
      if (flags.json === true) await print(JSON.stringify({ ...check, trainer: isLearned === null ? null : lines }));
      else await print(describe(check, isLearned));
      finish(isHonest ? 0 : 1);
    });
}

type Check = Awaited<ReturnType<typeof import("../pipeline/index.js").checkAblation>>;

function describe({ arms, heldOut, faults, faultCount, unproved }: Check, isLearned: boolean | null): string {
  const lines = [
    table([
      ["arm", "rows"],
      ...arms.map(({ name, rows }) => [name, rows ?? "unreadable"]),
      ["held out", heldOut ?? "unreadable"],
    ]),
    ...faults.map(({ sentence }) => sentence),
  ];
  if (faultCount > faults.length) lines.push(`… and ${thousands(faultCount - faults.length)} more`);
  for (const sentence of unproved) lines.push(`not proved: ${sentence}`);
  if (isLearned === null)
    lines.push("not proved: what a trainer learns from the rows; --python asks the trainer itself");
  const words = faultCount === 0 ? "no fault" : `${thousands(faultCount)} fault${faultCount === 1 ? "" : "s"}`;
  return [...lines, isLearned === false ? `${words} in the files, and faults in the trainer` : words].join("\n");
}
