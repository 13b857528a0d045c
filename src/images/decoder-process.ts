import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FromWorker, ToWorker } from "./decode-messages.js";

/** One child process that decodes. */
export interface DecoderProcess {
  readonly pid: number | undefined;
  send(message: ToWorker): void;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

export interface DecoderEvents {
  message(message: FromWorker): void;
  /** Called once, with what ended it: `SIGSEGV`, `exit code 1: …`. */
  ended(how: string): void;
}

const MAX_STDERR = 2000;

/** Starts a decode worker. Its own words on stderr are kept for the reason it ended, and go nowhere else. */
export function startDecoder(on: DecoderEvents): DecoderProcess {
  const child = fork(fileURLToPath(new URL("./decode-worker.js", import.meta.url)), {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // A debugger's port or a test runner's flags are the parent's business.
    execArgv: [],
    // Each of glibc's arenas keeps what large pictures left behind.
    env: { MALLOC_ARENA_MAX: "2", ...process.env },
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-MAX_STDERR);
  });
  let over = false;
  const end = (how: string) => {
    if (over) return;
    over = true;
    const words = said.trim();
    on.ended(words === "" ? how : `${how}: ${words}`);
  };
  child.on("message", (message: FromWorker) => on.message(message));
  child.on("error", (error) => end(error.message));
  child.on("exit", (code, signal) => end(signal ?? `exit code ${code}`));
  return {
    pid: child.pid,
    // A message to a worker that is ending, or never began, fails; the end itself is what counts.
    send(message) {
      if (child.connected) child.send(message, () => {});
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
