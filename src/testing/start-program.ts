import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The program as a person starts it. */
const PROGRAM = fileURLToPath(new URL("../../bin/imagenet-think.js", import.meta.url));

export interface StartOptions {
  /** JavaScript that runs in the process before the program does. */
  readonly preload?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A POSIX shell line that ends in `"$@"`, which is the program's command line, e.g. `ulimit -f 8; exec "$@"`. */
  readonly shell?: string;
}

export interface ProgramEnd {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedProgram {
  readonly child: ChildProcess;
  /** What it has said on stderr so far. */
  said(): string;
  readonly ended: Promise<ProgramEnd>;
}

/** Starts the real program as a process of its own. */
export function startProgram(args: readonly string[], options: StartOptions = {}): StartedProgram {
  const preload =
    options.preload === undefined ? [] : ["--import", `data:text/javascript,${encodeURIComponent(options.preload)}`];
  const line = [process.execPath, ...preload, PROGRAM, ...args];
  const [command = "", ...rest] = options.shell === undefined ? line : ["/bin/sh", "-c", options.shell, "sh", ...line];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...options.env } });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, said: () => stderr, ended };
}

/** Runs it to its end. */
export function runProgram(args: readonly string[], options: StartOptions = {}): Promise<ProgramEnd> {
  return startProgram(args, options).ended;
}
