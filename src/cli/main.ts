import { Command, CommanderError } from "commander";
import { TOOL_VERSION, UsageError, UserError } from "../records/index.js";
import { ablationCommand } from "./ablation.js";
import { batchCommand } from "./batch.js";
import { clusterCommand } from "./cluster.js";
import { doctorCommand } from "./doctor.js";
import { exportCommand } from "./export.js";
import { imagesCommand } from "./images.js";
import { importCommand } from "./import.js";
import { initCommand } from "./init.js";
import { joinCommand } from "./join.js";
import { metricsCommand } from "./metrics.js";
import { observerCommand } from "./observer.js";
import { pairsCommand } from "./pairs.js";
import { parseCommand } from "./parse.js";
import { printable, printError } from "./print.js";
import { reportCommand } from "./report.js";
import { runCommand } from "./run.js";
import { scoreCommand } from "./score.js";
import { showCommand } from "./show.js";
import { statusCommand } from "./status.js";

/** What a command leaves behind: its exit code (see the contract: 0 done, 3 ended with work left). */
export type Finish = (exitCode: 0 | 1 | 3) => void;

const COMMANDS: readonly ((finish: Finish) => Command)[] = [
  initCommand,
  doctorCommand,
  imagesCommand,
  runCommand,
  statusCommand,
  showCommand,
  pairsCommand,
  parseCommand,
  reportCommand,
  metricsCommand,
  scoreCommand,
  exportCommand,
  joinCommand,
  ablationCommand,
  importCommand,
  batchCommand,
  clusterCommand,
  observerCommand,
];

/** Runs the command line and gives the exit code. Errors become one sentence on stderr. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  if (!process.stdout.listeners("error").includes(passOverClosed)) process.stdout.on("error", passOverClosed);
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
  for (const command of COMMANDS) program.addCommand(command((code) => (exitCode = code)));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(text) });
  }
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

/** A reader that has enough (`| head`) is no fault: what is under way goes on, and the next line that is printed ends it. */
function passOverClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError || error instanceof UserError) {
    printError(error.message);
    return error instanceof UsageError ? 2 : 1;
  }
  if ((error as NodeJS.ErrnoException | null)?.code === "EPIPE") return 0;
  printError(
    `unexpected fault, please report it: ${printable(error instanceof Error ? (error.stack ?? error.message) : String(error))}`,
  );
  return 1;
}
