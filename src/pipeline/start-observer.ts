import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { decodeForMeasuring, openClassTree } from "../images/index.js";
import { startObserver as listen, type Observer, type ObserverOptions } from "../observer/index.js";
import { type Dialect, type ModelSpec, UserError } from "../records/index.js";

const PROGRAM = fileURLToPath(new URL("../../bin/imagenet-think.js", import.meta.url));

/** An observer in a process of its own, so that its work does not slow the run's, as a real server's would not. */
export interface StartedObserver {
  /** Base URL. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the observer that stands in for a model. It ends with this process, however that ends. */
export async function startObserver(model: ModelSpec): Promise<StartedObserver> {
  const child = fork(PROGRAM, ["observer", ...flagsOf(model)], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const words: string[] = [];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    if (words.length < 20) words.push(text);
  });
  const url = await firstLine(child);
  if (url === null) {
    throw new UserError(
      `the observer for ${model.name} did not start: ${words.join("").trim() || "it ended without a word"}`,
    );
  }
  return { url, stop: () => stopChild(child) };
}

/** The dialect an observer writes for a model. `auto` says how a reply is read, not how it is written. */
export function observedDialect({ name }: Dialect): string {
  return name === "auto" ? "think-tags" : name;
}

function flagsOf({ dialect, model, observer }: ModelSpec): string[] {
  const flags: readonly (readonly [string, string | number | null | undefined])[] = [
    ["--dialect", observedDialect(dialect)],
    ["--model", model],
    ["--voice", observer?.voice],
    ["--broken", observer?.broken],
    ["--broken-share", observer?.brokenShare],
  ];
  return flags.flatMap(([flag, value]) => (value === null || value === undefined ? [] : [flag, String(value)]));
}

/** The first line of stdout, or null where the process ended before one. */
function firstLine(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve(null));
    if (child.stdout === null) return resolve(null);
    createInterface({ input: child.stdout }).once("line", resolve);
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  if (child.connected) child.disconnect();
  await gone;
}

/** The observer server itself, with this program's decoder and class tree handed in: the command `observer`. */
export async function openObserver(options: Omit<ObserverOptions, "decode" | "describe">): Promise<Observer> {
  const tree = await openClassTree(null);
  return listen({ ...options, decode: decodeForMeasuring, describe: (wnid) => tree.describe(wnid) });
}
