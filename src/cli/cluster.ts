import { Command, InvalidArgumentError } from "commander";
import { positive } from "./number-flags.js";
import { print, say } from "./shared.js";

interface SlurmFlags {
  shards: number;
  to: string;
  out?: string;
  atOnce?: number;
  time: string;
  warn: number;
  sbatch?: readonly string[];
  imagesSbatch?: readonly string[];
  setup?: readonly string[];
  weights?: Readonly<Record<string, string>>;
  gpus?: Readonly<Record<string, number>>;
  server?: Readonly<Record<string, string>>;
  json?: true;
}

export function clusterCommand(): Command {
  const cluster = new Command("cluster")
    .description("scripts for a scheduler that hands out shards")
    .addHelpText("after", "\nExample:\n  $ imagenet-think cluster slurm recipe.yaml --shards 64 --to cluster\n");
  const slurm = slurmCommand();
  slurm.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(text) });
  return cluster.addCommand(slurm);
}

function slurmCommand(): Command {
  return new Command("slurm")
    .description("write the scripts of a Slurm array: each task starts the servers on its node and runs one shard")
    .argument("<recipe>", "recipe file; a model with endpoints on 127.0.0.1 (or `observer`) is served by every task")
    .requiredOption("--shards <n>", "tasks of the array", positive)
    .requiredOption("--to <dir>", "folder for the scripts and logs, on a disk that all nodes share")
    .option("--out <run>", "run folder on that disk (default: run inside --to)")
    .option("--at-once <n>", "tasks that may run at once", positive)
    .option("--time <limit>", "time limit of a task; it is requeued while work is left", "24:00:00")
    .option("--warn <seconds>", "drain so long before the limit; a reply in flight needs minutes", positive, 600)
    .option("--weights <name=dir>", "weights of a model on disk; else its name in the offline cache", named)
    .option("--gpus <name=n>", "cards for a model's server; 1 where it is not named", namedCount)
    .option("--server <name=command>", "a model's own server command with {port} in it", named)
    .option("--setup <line>", "shell line before the servers start, e.g. a module load; may be repeated", append)
    .option("--sbatch <line>", "one more #SBATCH line of the array, e.g. --partition=gpu; may be repeated", append)
    .option("--images-sbatch <line>", "the same for the CPU job that draws the sample; may be repeated", append)
    .option("--json", "print the facts as one JSON object")
    .addHelpText(
      "after",
      "\nExample:\n  $ imagenet-think cluster slurm recipe.yaml --shards 64 --to cluster \\\n      --weights glm=/models/glm --sbatch=--partition=gpu \\\n      --images-sbatch=--partition=cpu --setup 'module load cuda'\n  $ cluster/submit.sh\n",
    )
    .action(async (recipe: string, flags: SlurmFlags) => {
      const { writeCluster, submitLine } = await import("../pipeline/index.js");
      const written = await writeCluster(recipe, {
        ...flags,
        out: flags.out ?? null,
        atOnce: flags.atOnce ?? null,
        warnSeconds: flags.warn,
        sbatch: flags.sbatch ?? [],
        imagesSbatch: flags.imagesSbatch ?? [],
        setup: flags.setup ?? [],
        weights: flags.weights ?? {},
        gpus: flags.gpus ?? {},
        servers: flags.server ?? {},
      });
      if (flags.json === true) return print(JSON.stringify(written));
      for (const file of written.files) await print(file);
      if (written.served.length > 0) say(`every task serves ${written.served.join(", ")} on its node`);
      if (written.elsewhere.length > 0) say(`${written.elsewhere.join(", ")}: the recipe's endpoints are used`);
      say(`read the scripts, then submit them: ${submitLine(flags.to)}`);
    });
}

function named(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError("must be NAME=VALUE with a model's name");
  return { ...before, [name]: value };
}

function namedCount(text: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
  return { ...before, ...Object.fromEntries(Object.entries(named(text)).map(([name, n]) => [name, positive(n)])) };
}

function append(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
