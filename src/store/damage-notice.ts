import { basename } from "node:path";
import { identifyThisProcess } from "./process-identity.js";
import type { Damage } from "./read-lines.js";
import { judge, readAllClaims } from "./shard-claim.js";
import { readWriterState } from "./writer-state.js";

/** Says each damage once. The unfinished last line of a writer that is at work is none. */
export function damageNotice(
  root: string,
  options: {
    readonly staleMs: number;
    readonly say: (sentence: string) => void;
  },
): (damage: Damage) => Promise<void> {
  const said = new Set<string>();
  return async ({ kind, path, offset, bytes }) => {
    const place = `${path}:${offset}`;
    if (said.has(place) || (kind === "torn" && (await isAtWork(root, path, options.staleMs)))) return;
    said.add(place);
    if (kind === "torn") options.say(`${path}: the last line, at byte ${offset}, was cut off and is passed over`);
    else options.say(`${path}: ${bytes} bytes at byte ${offset} are damaged and were left out; the rest is read`);
  };
}

async function isAtWork(root: string, journal: string, staleMs: number): Promise<boolean> {
  const writer = basename(journal).split(/[-.]/, 1)[0] ?? "";
  const claim = (await readAllClaims(root)).find((each) => each.writer === writer);
  if (claim === undefined) return false;
  const standing = judge(claim, await readWriterState(root, writer), { self: identifyThisProcess(), staleMs });
  return standing === "alive" || standing === "unseen";
}
