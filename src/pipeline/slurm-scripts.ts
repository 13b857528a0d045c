/** A server that a task of the array starts beside its shard. */
export interface ServedModel {
  readonly name: string;
  /** Words of the command; `{port}` in a word stands for the port. A text is a command line of the person's own. */
  readonly command: readonly string[] | string;
  /** Cards of the node. */
  readonly gpus: number;
}

/** Everything that the scripts say; paths are absolute. */
export interface SlurmPlan {
  readonly jobName: string;
  readonly to: string;
  readonly run: string;
  /** The person's own recipe. */
  readonly recipe: string;
  readonly shards: number;
  /** Tasks of the array that may run at once; null is as many as there is room for. */
  readonly atOnce: number | null;
  readonly time: string;
  /** Seconds before the limit at which Slurm warns the script. */
  readonly warnSeconds: number;
  /** More lines for sbatch, without `#SBATCH `: of the array, and of the CPU job that draws the sample. */
  readonly sbatch: readonly string[];
  readonly imagesSbatch: readonly string[];
  /** Shell lines that run before the servers. */
  readonly setup: readonly string[];
  /** Words that start this program. */
  readonly program: readonly string[];
  readonly served: readonly ServedModel[];
}

export const RECIPE_NAME = "recipe.json";

/** The batch script of the array: what is this recipe's own, then `task`, which is the same for all. */
export function shardsScript(plan: SlurmPlan, task: string): string {
  const gpus = plan.served.reduce((sum, { gpus }) => sum + gpus, 0);
  const directives = [
    `--job-name=${plan.jobName}`,
    `--array=0-${plan.shards - 1}${plan.atOnce === null ? "" : `%${plan.atOnce}`}`,
    "--nodes=1",
    "--ntasks=1",
    ...(gpus > 0 ? [`--gres=gpu:${gpus}`] : []),
    `--time=${plan.time}`,
    `--signal=B:USR1@${plan.warnSeconds}`,
    "--requeue",
    "--open-mode=append",
    `--output=${plan.to}/logs/shard-%a.log`,
    ...plan.sbatch,
  ];
  return `#!/usr/bin/env bash
${directives.map((line) => `#SBATCH ${line}`).join("\n")}

# One shard a task: starts the servers on this node, runs the shard against them, and asks to be queued again while work
# is left. A single shard again: sbatch --array=7 shards.sbatch (it knows its number of shards). Edit freely.

set -u
program=(${plan.program.map(quote).join(" ")})
recipe=${quote(`${plan.to}/${RECIPE_NAME}`)}
run=${quote(plan.run)}
logs=${quote(`${plan.to}/logs`)}
shards=${plan.shards}
start_seconds=3600 # a server may take this long to load its weights
most_requeues=100
served=(${plan.served.map(({ name }) => name).join(" ")})

# Nothing is looked up on the internet: the weights are on this cluster's disk, and nobody is told that they are used.
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1

setup() {
${plan.setup.length === 0 ? "  :" : plan.setup.map((line) => `  ${line}`).join("\n")}
}

${serveFunction(plan.served)}${task}`;
}

/** The CPU job that draws and gates the sample, so that no GPU waits for it. */
export function imagesScript(plan: SlurmPlan): string {
  return `#!/usr/bin/env bash
#SBATCH --job-name=${plan.jobName}-images
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --time=${plan.time}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=${plan.to}/logs/images.log
${plan.imagesSbatch.map((line) => `#SBATCH ${line}\n`).join("")}
# Draws and checks the sample; needs no GPU, and the more cores the faster. Killed and started again it goes on.

set -eu
mkdir -p ${quote(`${plan.to}/logs`)}
exec ${plan.program.map(quote).join(" ")} images ${quote(plan.recipe)} --out ${quote(plan.run)}
`;
}

/** Submits both, the shards once the sample is there. */
export function submitScript(plan: SlurmPlan): string {
  return `#!/usr/bin/env bash
# Submits the drawing of the sample, and the array of ${plan.shards} shards once it is there. Run it again whenever it has all
# ended: what is final is left alone. How far it is: ${plan.program.map(quote).join(" ")} status ${quote(plan.run)}
set -eu
cd ${quote(plan.to)}
mkdir -p logs
images=$(sbatch --parsable images.sbatch)
sbatch --dependency="afterok:$images" shards.sbatch
`;
}

function serveFunction(served: readonly ServedModel[]): string {
  const total = served.reduce((sum, { gpus }) => sum + gpus, 0);
  if (served.length === 0) return "serve() { return 1; } # no model is served here\n";
  let first = 0;
  const cases = served.map(({ name, command, gpus }) => {
    const card =
      gpus > 0 ? `      CUDA_VISIBLE_DEVICES=$(gpus ${first} ${gpus})\n      export CUDA_VISIBLE_DEVICES\n` : "";
    first += gpus;
    return `    ${name})\n${card}      exec ${commandLine(command)}\n      ;;`;
  });
  const gpuFunction =
    total === 0
      ? ""
      : `# Some of the cards that this job was given.
gpus() {
  local all
  IFS=, read -ra all <<<"\${CUDA_VISIBLE_DEVICES:-$(seq -s, 0 ${total - 1})}"
  local IFS=,
  echo "\${all[*]:$1:$2}"
}

`;
  return `${gpuFunction}# Becomes the server of model $1 on port $2.
serve() {
  local port=$2
  case $1 in
${cases.join("\n")}
  esac
}
`;
}

function commandLine(command: readonly string[] | string): string {
  if (typeof command === "string") return command.replaceAll("{port}", '"$port"');
  const words = command.map((word) => (word === "{port}" ? '"$port"' : quote(word)));
  return words.join(" ").replace(/ (--[a-z-]+)/g, " \\\n        $1");
}

/** A word for the shell, quoted where it must be. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
