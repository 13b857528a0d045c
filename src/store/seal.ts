import { type ChildProcess, fork } from "node:child_process";
import { rename, unlink } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { replaceFile, syncFolder, temporaryName } from "./atomic-file.js";
import { diskError } from "./disk-error.js";
import type { Part, SegmentInfo } from "./parts.js";
import { SEGMENT_VERSION } from "./segment-columns.js";

/** Asks the child to write `journal` as Parquet under a temporary name. */
export interface SealRequest {
  readonly journal: string;
  readonly temporary: string;
}

export type SealReport =
  | {
      readonly ok: true;
      readonly journal: string;
      readonly rows: number;
      readonly asked: number;
      readonly batched: number;
      readonly carried: number;
      /** Damaged lines left out. */
      readonly damaged: number;
      readonly journalBytes: number;
      readonly sha256: string;
    }
  | { readonly ok: false; readonly journal: string; readonly message: string };

/** Seals journals one at a time in the background, in a child process, so that a native abort does not end the run. */
export interface Sealer {
  add(part: Part): void;
  /** Resolves once everything added was sealed or given up; never rejects. */
  idle(): Promise<void>;
}

/**
 * `beforeRetiring` runs when a segment counts and before its journal goes. A journal that cannot be sealed stays and
 * is read as it is; one with damaged lines is kept as `.damaged`.
 */
export function openSealer(options: {
  readonly say: (sentence: string) => void;
  readonly beforeRetiring: () => Promise<void>;
}): Sealer {
  let waiting: Part[] = [];
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    while (waiting.length > 0) {
      const parts = waiting;
      waiting = [];
      await sealParts(parts, options);
    }
    isRunning = false;
  }

  return {
    add(part) {
      waiting.push(part);
      if (!isRunning) running = run();
    },
    idle: () => running,
  };
}

async function sealParts(
  parts: readonly Part[],
  options: { readonly say: (sentence: string) => void; readonly beforeRetiring: () => Promise<void> },
): Promise<void> {
  const open = new Map(parts.map((part) => [`${part.base}.jsonl`, part]));
  while (open.size > 0) {
    const requests = [...open.keys()].map((journal) => ({ journal, temporary: temporaryName(`${journal}.sealing`) }));
    const temporaries = new Map(requests.map(({ journal, temporary }) => [journal, temporary]));
    const done = await runChild(requests, async (report) => {
      const part = open.get(report.journal);
      const temporary = temporaries.get(report.journal);
      if (part === undefined || temporary === undefined) return;
      open.delete(report.journal);
      await settle(part, temporary, report, options).catch((error: unknown) =>
        options.say(keptSentence(report.journal, messageOf(error))),
      );
    });
    for (const { temporary } of requests) await unlink(temporary).catch(() => undefined);
    // The child died over the first journal it has not reported; the others get another one.
    const [poison] = open.keys();
    if (poison !== undefined) {
      open.delete(poison);
      options.say(keptSentence(poison, done));
    }
  }
}

/** Runs one child; resolves, when it has ended and every report was dealt with, to how it ended, or why there is none. */
async function runChild(
  requests: readonly SealRequest[],
  onReport: (report: SealReport) => Promise<void>,
): Promise<string> {
  try {
    return await watchChild(startChild(), requests, onReport);
  } catch (error) {
    // No memory for another process: sealing waits for the next start, asking goes on.
    return messageOf(error);
  }
}

function startChild(): ChildProcess {
  const child = fork(fileURLToPath(new URL("./seal-worker.js", import.meta.url)), [], {
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  giveWay(child.pid);
  return child;
}

/** A journal can wait for a core, a server cannot. */
function giveWay(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    // At once, since threads have the priority that their process had when they began.
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It is gone already, which its end will tell.
  }
}

function watchChild(
  child: ChildProcess,
  requests: readonly SealRequest[],
  onReport: (report: SealReport) => Promise<void>,
): Promise<string> {
  return new Promise((resolve) => {
    let reports = Promise.resolve();
    child.on("message", (report: SealReport) => {
      reports = reports.then(() => onReport(report));
    });
    child.on("error", (error) => reports.then(() => resolve(error.message)));
    child.on("close", (code, signal) =>
      reports.then(() => resolve(`the sealing process ended with ${signal ?? code}`)),
    );
    // Where no file could be opened for it, a child has no way to be told anything.
    if (child.connected) child.send(requests, () => undefined);
  });
}

async function settle(
  part: Part,
  temporary: string,
  report: SealReport,
  options: { readonly say: (sentence: string) => void; readonly beforeRetiring: () => Promise<void> },
): Promise<void> {
  if (!report.ok) throw new Error(report.message);
  await publish(part, temporary, report);
  await options.beforeRetiring();
  await retireJournal(part, report.damaged);
}

/** Removes a journal whose segment counts; one with damaged lines is kept under a name no reader looks at. */
export async function retireJournal(part: Part, damaged: number): Promise<void> {
  const journal = `${part.base}.jsonl`;
  if (damaged > 0) await rename(journal, `${journal}.damaged`);
  else await unlink(journal);
}

async function publish(part: Part, temporary: string, report: SealReport & { ok: true }): Promise<void> {
  const parquet = `${part.base}.parquet`;
  try {
    await rename(temporary, parquet);
    await syncFolder(dirname(parquet));
  } catch (error) {
    throw diskError(error, parquet, "write");
  }
  const info: SegmentInfo = {
    formatVersion: SEGMENT_VERSION,
    writer: part.writer,
    journal: part.number,
    journalBytes: report.journalBytes,
    rows: report.rows,
    asked: report.asked,
    batched: report.batched,
    carried: report.carried,
    damaged: report.damaged,
    sha256: report.sha256,
  };
  await replaceFile(`${part.base}.json`, `${JSON.stringify(info)}\n`);
}

function keptSentence(journal: string, why: string): string {
  return `${journal} could not be sealed and stays as it is: ${why}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
