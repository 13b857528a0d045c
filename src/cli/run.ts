import { Command, InvalidArgumentError } from "commander";
import type { RunEnd } from "../pipeline/run/index.js";
import { type Outcome, UsageError } from "../records/index.js";
import { describeStatus, summaryLine } from "./describe-status.js";
import { positive } from "./number-flags.js";
import { readLimits } from "./read-limits.js";
import { duration, type Finish, print, say, thousands, watchStop } from "./shared.js";

interface RunFlags {
  out: string;
  limit?: number;
  dryRun?: true;
  again?: string[];
  keepGoing?: true;
  shard?: string;
  json?: true;
  deadline?: string;
  walltime?: string;
  tokenBudget?: number;
  costPerMillion?: number;
  budget?: number;
  maxTokens?: number;
}

export function runCommand(finish: Finish): Command {
  return new Command("run")
    .description("the main job: ask every teacher about every picture of the sample; the same line again goes on")
    .argument("<recipe>", "recipe file (YAML or JSON)")
    .requiredOption("--out <run>", "run folder, made where it does not exist")
    .option("--limit <n>", "start at most this many cells (image × model) this time", positive)
    .option("--dry-run", "say what would be asked, with an estimate of tokens and disk; ask nothing")
    .option("--again <outcomes>", "ask final cells of these outcomes once more, e.g. truncated,failed", names)
    .option("--keep-going", "go on where the first replies are all of no use")
    .option("--shard <i/n>", "only part I of N of the images, counted from 0; slurm: this task of its array")
    .option(
      "--deadline <when>",
      "start nothing that would not be over by then: a time (ISO 8601) or a duration from now",
    )
    .option("--walltime <duration>", "the same from the start of this process, e.g. the scheduler's 23:30:00, or 90m")
    .option("--token-budget <n>", "tokens (prompt and completion) that this start may spend", positive)
    .option("--cost-per-million <price>", "price of a million tokens, for --budget", amount)
    .option("--budget <amount>", "money that this start may spend at that price", amount)
    .option("--max-tokens <n>", "another token budget for the cells that --again asks", positive)
    .option("--json", "print the state at the end as one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  $ imagenet-think run recipe.yaml --out runs/first\n  $ imagenet-think run recipe.yaml --out runs/first \\\n      --again truncated --max-tokens 16384\n  $ imagenet-think run recipe.yaml --out runs/first --walltime 23:30:00\n  $ imagenet-think run recipe.yaml --out runs/first --shard 3/64\n",
    )
    .action(async (recipe: string, flags: RunFlags) => {
      const [{ runRecipe, planOnly, checkOutcomes, readShard }, { showProgress }] = await Promise.all([
        import("../pipeline/run/index.js"),
        import("./progress.js"),
      ]);
      const again: readonly Outcome[] = checkOutcomes(flags.again ?? []);
      if (flags.maxTokens !== undefined && again.length === 0) {
        throw new UsageError(
          "--max-tokens goes with --again: the budget of a first question is the recipe's maxTokens",
        );
      }
      const allowed = readLimits(flags, Date.now(), process.uptime() * 1000);
      const shard = flags.shard === undefined ? null : readShard(flags.shard, process.env);
      const limits = { limit: flags.limit ?? null, maxTokens: flags.maxTokens ?? null };
      const asked = { out: flags.out, again, shard, say, ...limits };
      if (flags.dryRun === true) {
        const plan = await planOnly(recipe, asked);
        if (flags.json === true) return print(JSON.stringify(plan));
        await print(`${thousands(plan.images)} images × ${plan.models.length} models: ${thousands(plan.cells)} cells`);
        for (const model of plan.models) {
          await print(
            `  ${model.name}: ${thousands(model.toAsk)} to ask, at most ${thousands(model.maxTokens)} tokens each`,
          );
        }
        if (plan.toDraw > 0) {
          await print(
            `at most so many: ${thousands(plan.toDraw)} images are still to be drawn and checked (\`images\` with --out)`,
          );
        }
        await print(
          `about ${thousands(plan.tokens)} tokens and ${thousands(plan.megabytes)} MB of disk (from ${plan.basis})`,
        );
        return;
      }
      const stop = await watchStop();
      const gating = showProgress("pictures");
      const asking = showProgress("cells");
      const startedAt = performance.now();
      const end = await runRecipe(recipe, {
        ...asked,
        allowed,
        keepGoing: flags.keepGoing === true,
        stop,
        onGate: gating.update,
        onGated: gating.end,
        onProgress: asking.update,
      }).finally(() => {
        gating.end();
        asking.end();
      });
      if (flags.json === true)
        await print(JSON.stringify(end.shard === null ? end.status : { ...end.status, shard: end.shard }));
      else if (end.status !== null) await print(describeStatus(end.status));
      for (const sentence of end.sentences) say(sentence);
      const took = duration(performance.now() - startedAt);
      if (end.shard !== null && end.status !== null)
        say(`${shardLine(end.shard)}; the run: ${summaryLine(end.status)} (${took})`);
      else if (end.status !== null) say(`${summaryLine(end.status)} (${took})`);
      finish(end.exitCode);
    });
}

/** A shard's own cells, of which its exit code speaks; the table above it is of the whole run. */
function shardLine({ index, count, images, cells, missing }: NonNullable<RunEnd["shard"]>): string {
  const share = `shard ${index}/${count}: ${thousands(images)} images, ${thousands(cells - missing)} of ${thousands(cells)} cells are final`;
  return missing === 0 ? share : `${share}, ${thousands(missing)} are missing`;
}

function amount(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("must be a number above 0");
  return value;
}

export function names(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
