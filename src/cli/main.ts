import { setImmediate } from "node:timers/promises";
import { Command, CommanderError } from "commander";
import { TOOL_VERSION, UsageError, UserError } from "../records/index.js";
import { printable, printError } from "./print.js";

/** What a command leaves behind: its exit code (see the contract: 0 done, 3 ended with work left). */
export type Finish = (exitCode: 0 | 1 | 3) => void;

/** By name, in the order of the help. Only the one asked for is loaded: all of them take longer than many a command's work. */
const COMMANDS: ReadonlyMap<string, () => Promise<(finish: Finish) => Command>> = new Map([
  ["init", async () => (await import("./init.js")).initCommand],
  ["doctor", async () => (await import("./doctor.js")).doctorCommand],
  ["images", async () => (await import("./images.js")).imagesCommand],
  ["run", async () => (await import("./run.js")).runCommand],
  ["status", async () => (await import("./status.js")).statusCommand],
  ["show", async () => (await import("./show.js")).showCommand],
  ["pairs", async () => (await import("./pairs.js")).pairsCommand],
  ["parse", async () => (await import("./parse.js")).parseCommand],
  ["report", async () => (await import("./report.js")).reportCommand],
  ["metrics", async () => (await import("./metrics.js")).metricsCommand],
  ["score", async () => (await import("./score.js")).scoreCommand],
  ["export", async () => (await import("./export.js")).exportCommand],
  ["join", async () => (await import("./join.js")).joinCommand],
  ["ablation", async () => (await import("./ablation.js")).ablationCommand],
  ["import", async () => (await import("./import.js")).importCommand],
  ["batch", async () => (await import("./batch.js")).batchCommand],
  ["cluster", async () => (await import("./cluster.js")).clusterCommand],
  ["observer", async () => (await import("./observer.js")).observerCommand],
]);

/** Runs the command line and gives the exit code. Errors become one sentence on stderr. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners("error").includes(goOn)) stream.on("error", goOn);
  }
  const faults: NodeJS.ErrnoException[] = [];
  const note = (error: NodeJS.ErrnoException) => faults.push(error);
  process.stdout.on("error", note);
  const program = new Command("imagenet-think")
    .description("Pictures in, a checked thinking–answer dataset out.")
    .version(TOOL_VERSION)
    .showSuggestionAfterError()
    // A flag belongs to the innermost command before it, so that `ablation check` can have flags that \`ablation\` has too.
    .enablePositionalOptions()
    .configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 80, 100) })
    .addHelpText(
      "after",
      "\nStart here:\n  $ imagenet-think init\n  $ imagenet-think run recipe.yaml --out runs/first\n",
    );
  const asked = COMMANDS.get(argv[2] ?? "");
  for (const load of asked === undefined ? COMMANDS.values() : [asked]) {
    program.addCommand((await load())((code) => (exitCode = code)));
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(text) });
  }
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    // Output that could not be written is told below.
    if (!faults.some((fault) => fault === error)) exitCode = explain(error);
  }
  // What the last line ran into is known a moment later.
  await setImmediate();
  process.stdout.off("error", note);
  const unwritten = faults.find(({ code }) => code !== "EPIPE");
  if (unwritten === undefined) return exitCode;
  printError(`standard output cannot be written (${unwritten.code}); make room, or send it elsewhere`);
  return 1;
}

/**
 * A reader that has enough (`| head`) is no fault: what is under way goes on, and the next line that is printed ends it.
 * Nor is a lost stderr: the work goes on without words.
 */
function goOn(): void {}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError || error instanceof UserError) {
    printError(error.message);
    return error instanceof UsageError ? 2 : 1;
  }
  printError(
    `unexpected fault, please report it: ${printable(error instanceof Error ? (error.stack ?? error.message) : String(error))}`,
  );
  return 1;
}
