import { Command, InvalidArgumentError } from "commander";
import { UsageError } from "../records/index.js";
import { ablationCheckCommand } from "./ablation-check.js";
import { positive } from "./number-flags.js";
import { names } from "./run.js";
import { type Finish, print, say, table, thousands } from "./shared.js";

interface AblationFlags {
  to?: string;
  trainer?: string;
  base?: string;
  template?: string;
  teachers?: string[];
  heldOut: number;
  budget: string;
  epochs: number;
  people?: string;
  withPixels?: true;
  tokenizer?: string;
  json?: true;
}

export function ablationCommand(finish: Finish): Command {
  // --to, --trainer and --base are asked for by hand: commander would ask them of `ablation check` too.
  const check = ablationCheckCommand(finish);
  // Only commands added directly to the program are told elsewhere to throw instead of ending the process.
  check.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(text) });
  return (
    new Command("ablation")
      // See `main`.
      .enablePositionalOptions()
      .addCommand(check)
      .description("the arms of an experiment on identical pictures, each an export with its trainer's configuration")
      .argument("<run>", "run folder")
      .option("--to <dir>", "folder to write; it must be new or empty")
      .option("--trainer <name>", "llama-factory, trl or ms-swift")
      .option("--base <model>", "the model all arms start from: a folder, or its name on a hub")
      .option("--template <name>", "LLaMA-Factory's chat template of that model; found by its name otherwise")
      .option("--teachers <names>", "only these teachers of the recipe, e.g. glm,kimi", names)
      .option("--held-out <share>", "pictures that no arm sees, drawn with their near-duplicates", share, 0.1)
      .option("--budget <kind>", "what is equal over the arms: steps, or tokens under the loss", "steps")
      .option("--epochs <n>", "passes over the base arm that the budget is worth", positive, 1)
      .option("--with-pixels", "put the pictures in, once for all arms, with their terms beside them")
      .option("--people <include>", "`include` lets pictures marked for review in")
      .option("--tokenizer <path>", "count tokens with this tokenizer.json, or the folder of one; estimated otherwise")
      .option("--json", "print the facts as one JSON object")
      .addHelpText(
        "after",
        "\nExample:\n  $ imagenet-think ablation runs/first --trainer llama-factory \\\n      --base Qwen/Qwen2.5-VL-7B-Instruct --to arms\n  $ imagenet-think ablation check arms\n",
      )
      .action(async (run: string, flags: AblationFlags) => {
        const [{ ablationRun }, { showProgress }] = await Promise.all([
          import("../pipeline/index.js"),
          import("./progress.js"),
        ]);
        const [pictures, arms] = [showProgress("pictures compared"), showProgress("arms")];
        const done = await ablationRun(run, {
          to: needed(flags.to, "--to DIR"),
          trainer: needed(flags.trainer, "--trainer llama-factory, trl or ms-swift"),
          base: needed(flags.base, "--base MODEL"),
          template: flags.template ?? null,
          teachers: flags.teachers ?? null,
          heldOut: flags.heldOut,
          budget: flags.budget,
          epochs: flags.epochs,
          people: flags.people ?? null,
          withPixels: flags.withPixels === true,
          tokenizer: flags.tokenizer ?? null,
          say,
          onProgress: pictures.update,
          onArm(standing) {
            pictures.end();
            arms.update(standing);
          },
        }).finally(() => {
          pictures.end();
          arms.end();
        });
        for (const { name, why } of done.refused) say(`the arm ${name} is not written: ${why}`);
        if (flags.json === true) return print(JSON.stringify(done));
        const left = Object.values(done.leftOut).reduce((sum, pictures) => sum + pictures, 0);
        await print(
          [
            table([
              ["arm", "pictures", "pairs", "steps"],
              ...done.arms.map(({ name, images, pairs, steps }) => [name, images, pairs, steps]),
            ]),
            `${done.folder}: ${done.arms.length} arms, ${thousands(done.heldOut.images)} pictures held out, ${thousands(left)} left out (README.md says why and how to start)`,
          ].join("\n"),
        );
      })
  );
}

function needed(value: string | undefined, flag: string): string {
  if (value === undefined) throw new UsageError(`ablation needs ${flag}`);
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError("must be a share, e.g. 0.1");
  return value;
}
