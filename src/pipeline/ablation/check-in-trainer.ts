import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { UserError } from "../../records/index.js";

const SCRIPT = fileURLToPath(new URL("../../../clients/check_ablation.py", import.meta.url));
/** Lines of the script's own; trainers print others. */
const OWN_LINE = /^arm .+?: /;
/** Characters of what a trainer said last that go into an error. */
const LAST_WORDS = 500;

export interface TrainerCheckOptions {
  /** An interpreter that has the trainer. */
  readonly python: string;
  /** A small model in place of the base; null is the base. */
  readonly model: string | null;
  /** One line an arm, and one for each fault. */
  readonly say: (sentence: string) => void;
}

/**
 * Starts every arm in its own trainer and lets it put rows through its template and collator: true where the tokens under
 * the loss are the arm's texts. Throws a `UserError` where the trainer cannot be asked.
 */
export async function checkInTrainer(ablation: string, options: TrainerCheckOptions): Promise<boolean> {
  const model = options.model === null ? [] : ["--model", options.model];
  const child = spawn(options.python, [SCRIPT, ablation, ...model], { stdio: ["ignore", "pipe", "pipe"] });
  let lastWords = "";
  let lines = 0;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  const ended = once(child, "close").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`--python ${options.python} cannot be started (${error.code})`);
  });
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (!OWN_LINE.test(line)) continue;
      lines += 1;
      options.say(line);
    }
  })();
  const [[code]] = await Promise.all([ended, reading]);
  if (lines > 0 && (code === 0 || code === 1)) return code === 0;
  const said = lastWords.trim().split("\n").at(-1) ?? "";
  throw new UserError(
    `the trainer could not be asked with ${options.python} (exit code ${code}): ${said}; clients/README.md says what it needs`,
  );
}
