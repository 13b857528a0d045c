import { join } from "node:path";
import type { Store, Verdict } from "../records/index.js";
import { makeFolder } from "./atomic-file.js";
import { decodeLine, encodeLine } from "./checked-line.js";
import { createJournal, type Journal } from "./journal.js";
import { type OnDamage, readLines } from "./read-lines.js";
import { newWriterId } from "./writer-id.js";
import { listFolder } from "./writer-state.js";

const GATE_FILE = /^([a-z0-9]{9})\.jsonl$/;

/** A file of this process for its verdicts, made with the first of them; on disk for good when it is closed. */
export async function openGate(root: string): ReturnType<Store["openGate"]> {
  let journal: Promise<Journal> | null = null;
  const create = async () => {
    await makeFolder(join(root, "gate"));
    const last = (await listGateFiles(root)).at(-1);
    const after = last === undefined ? null : (GATE_FILE.exec(last)?.[1] ?? null);
    return createJournal(join(root, "gate", `${newWriterId(after)}.jsonl`));
  };
  return {
    async append(verdicts) {
      if (verdicts.length === 0) return;
      journal ??= create();
      await (await journal).append(Buffer.concat(verdicts.map((verdict) => encodeLine(idFirst(verdict)))), false);
    },
    async close() {
      await (await journal)?.close();
    },
  };
}

/**
 * The newest verdict of each image. Reads every file twice: first only for ids, so that memory grows with the number of
 * images and not with what is known of each.
 */
export async function* readVerdicts(root: string, onDamage: OnDamage): AsyncGenerator<Verdict> {
  const files = (await listGateFiles(root)).map((name) => join(root, "gate", name));
  const newest = new Map<string, string>();
  for (const [number, path] of files.entries()) {
    for await (const lines of readLines(path, { onDamage })) {
      for (const { body, start } of lines) newest.set(idOf(body), `${number}:${start}`);
    }
  }
  for (const [number, path] of files.entries()) {
    for await (const lines of readLines(path, { onDamage })) {
      for (const { body, start } of lines) {
        if (newest.get(idOf(body)) === `${number}:${start}`) yield decodeLine<Verdict>(body);
      }
    }
  }
}

async function listGateFiles(root: string): Promise<readonly string[]> {
  return (await listFolder(join(root, "gate"))).filter((name) => GATE_FILE.test(name)).sort();
}

function idFirst({ id, ...rest }: Verdict): Verdict {
  return { id, ...rest };
}

/** The id stands first and needs no escapes: `{"id":"…"`. */
function idOf(body: Buffer): string {
  return body.toString("latin1", 7, body.indexOf('"', 7));
}
