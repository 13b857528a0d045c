import { unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { isTemporaryName } from "./atomic-file.js";
import { exists, listModels, listParts, openPart, type Part, repliesFolder } from "./parts.js";
import { isSameMachine, type ProcessIdentity } from "./process-identity.js";
import { retireJournal } from "./seal.js";
import { type Claim, judge, readAllClaims } from "./shard-claim.js";
import { listFolder, readWriterState, type WriterState } from "./writer-state.js";

/** A heartbeat this old belongs to no process that could still come back and append. */
const SURELY_GONE_MS = 24 * 3600 * 1000;

/**
 * Journals that earlier writers left behind and that fall to this one to seal: of its own shard, or of one of another
 * cutting that is given to it, so that no two writers seal the same. Finishes what a kill interrupted on the way.
 */
export async function takeLeftovers(
  root: string,
  mine: Claim,
  options: { readonly self: ProcessIdentity; readonly staleMs: number },
): Promise<readonly Part[]> {
  const gone = new Set<string>();
  for (const claim of await readAllClaims(root)) {
    const isMine = claim.number < mine.number && claim.shard.index % mine.shard.count === mine.shard.index;
    if (isMine && isSurelyGone(claim, await readWriterState(root, claim.writer), options)) gone.add(claim.writer);
  }
  const parts: Part[] = [];
  for (const model of gone.size === 0 ? [] : await listModels(root)) {
    await removeHalfSealed(repliesFolder(root, model), gone);
    for (const part of await listParts(root, model)) {
      if (!gone.has(part.writer) || !(await exists(`${part.base}.jsonl`))) continue;
      const open = await openPart(part);
      if (open.kind === "journal") parts.push(part);
      else await retireJournal(part, open.info.damaged);
    }
  }
  return parts;
}

function isSurelyGone(
  claim: Claim,
  state: WriterState | null,
  options: { readonly self: ProcessIdentity; readonly staleMs: number },
): boolean {
  const standing = judge(claim, state, options);
  if (standing !== "gone") return standing === "closed";
  const isCertain = isSameMachine(claim, options.self) || (claim.job !== null && claim.job === options.self.job);
  return isCertain || Date.now() - Date.parse(state?.heartbeatAt ?? claim.claimedAt) >= SURELY_GONE_MS;
}

async function removeHalfSealed(folder: string, writers: ReadonlySet<string>): Promise<void> {
  for (const name of await listFolder(folder)) {
    const writer = basename(name).slice(1).split("-", 1)[0] ?? "";
    if (isTemporaryName(name) && writers.has(writer)) await unlink(join(folder, name)).catch(() => undefined);
  }
}
