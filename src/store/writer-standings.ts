import type { Store } from "../records/index.js";
import { identifyThisProcess } from "./process-identity.js";
import { judge, readAllClaims, type Standing } from "./shard-claim.js";
import { readWriterStates } from "./writer-state.js";

/** A writer on another machine that has been silent for this long counts as gone. */
const STALE_MS = 60_000;

/** What is known of every writer of a run, by its id, in the order they were let in. */
export async function writerStandings(store: Pick<Store, "path">): Promise<ReadonlyMap<string, Standing>> {
  // A look from inside the same scheduler job must not take its other processes for dead.
  const self = { ...identifyThisProcess(), job: null };
  const states = new Map((await readWriterStates(store.path)).map((state) => [state.writer, state]));
  const claims = await readAllClaims(store.path);
  return new Map(
    claims.map((claim) => [claim.writer, judge(claim, states.get(claim.writer) ?? null, { self, staleMs: STALE_MS })]),
  );
}
