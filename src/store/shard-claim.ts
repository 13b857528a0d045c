import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../records/index.js";
import { createFile, makeFolder } from "./atomic-file.js";
import { diskError } from "./disk-error.js";
import { isRunning, isSameMachine, type ProcessIdentity } from "./process-identity.js";
import { newWriterId } from "./writer-id.js";
import { listFolder, readWriterState, type WriterState, writersFolder } from "./writer-state.js";

/** `writers/claims/<number>.json`: one process that was let in. Never changed or removed, so numbers never come twice. */
export interface Claim extends ProcessIdentity {
  readonly number: number;
  readonly writer: string;
  readonly shard: { readonly index: number; readonly count: number };
  /** ISO 8601, UTC. */
  readonly claimedAt: string;
}

export interface ClaimOptions {
  readonly shard: Claim["shard"];
  readonly self: ProcessIdentity;
  /** A heartbeat of another machine that is older has gone stale. */
  readonly staleMs: number;
  /** Whether to watch a fresh heartbeat of another machine until it moves or goes stale, instead of refusing at once. */
  readonly waitForStale: boolean;
  readonly say: (sentence: string) => void;
}

const CLAIM = /^(\d{6,})\.json$/;
/** An unreadable claim younger than this is still being written, on a file system without hard links. */
const HALF_WRITTEN_MS = 10_000;

function claimsFolder(root: string): string {
  return join(writersFolder(root), "claims");
}

/**
 * Lets this process write a shard, or throws a `UserError` that names the owner. Claims are numbered and each number
 * is created once, after its creator judged every earlier claim; so of two processes that start together one gets
 * the number and the other has to judge the winner.
 */
export async function claimShard(root: string, options: ClaimOptions): Promise<Claim> {
  await makeFolder(claimsFolder(root));
  for (;;) {
    const numbers = await listClaims(root, 0);
    const claims = await readClaims(root, numbers);
    const passedBy = await judgeAll(root, claims, options);
    const claim: Claim = {
      number: (numbers.at(-1) ?? 0) + 1,
      writer: newWriterId(claims.reduce<string | null>((max, { writer }) => later(max, writer), null)),
      shard: options.shard,
      ...options.self,
      claimedAt: new Date().toISOString(),
    };
    if (await createFile(claimPath(root, claim.number), `${JSON.stringify(claim)}\n`)) {
      if (passedBy !== null) options.say(`${describe(passedBy)} ended without closing; its records are kept`);
      return claim;
    }
  }
}

/** Every claim of the run that can be read, in the order they were made. */
export async function readAllClaims(root: string): Promise<readonly Claim[]> {
  return readClaims(root, await listClaims(root, 0));
}

/** The claim that shuts `mine` out, if any: another process was let into its shard while it was taken for dead. */
export async function findSuccessor(root: string, mine: Claim): Promise<Claim | null> {
  const later = await readClaims(root, await listClaims(root, mine.number));
  return later.find((claim) => isInTheWay(claim, mine.shard)) ?? null;
}

/** `unseen`: on another machine, and not silent for long enough to be taken for dead. */
export type Standing = "closed" | "gone" | "alive" | "unseen";

/**
 * What is known of a claim's process. `gone` is certain on its own machine and where the same job runs again, else
 * its heartbeat is stale; `unseen` is a fresh heartbeat on another machine.
 */
export function judge(
  claim: Claim,
  state: WriterState | null,
  options: Pick<ClaimOptions, "self" | "staleMs">,
): Standing {
  if (state?.state === "closed") return "closed";
  if (isSameMachine(claim, options.self)) return isRunning(claim) ? "alive" : "gone";
  if (claim.job !== null && claim.job === options.self.job) return "gone";
  const age = Date.now() - Date.parse(state?.heartbeatAt ?? claim.claimedAt);
  return age >= options.staleMs ? "gone" : "unseen";
}

export function describe(claim: Claim): string {
  return `process ${claim.pid} on ${claim.host} (shard ${claim.shard.index}/${claim.shard.count}, since ${claim.claimedAt})`;
}

/** Throws where a claim is in the way; else answers the last one of this shard if it was left open by a dead process. */
async function judgeAll(root: string, claims: readonly Claim[], options: ClaimOptions): Promise<Claim | null> {
  let passedBy: Claim | null = null;
  for (const claim of claims.filter((each) => isInTheWay(each, options.shard))) {
    const state = await readWriterState(root, claim.writer);
    let standing = judge(claim, state, options);
    if (standing === "unseen" && options.waitForStale) standing = await watch(root, claim, state, options);
    if (standing === "alive" || standing === "unseen") throw refusal(root, claim, options.shard);
    passedBy = standing === "gone" ? claim : null;
  }
  return passedBy;
}

/** Waits until a heartbeat moves (`alive`) or has not for `staleMs`, by this machine's own clock. */
async function watch(root: string, claim: Claim, first: WriterState | null, options: ClaimOptions): Promise<Standing> {
  options.say(
    `${describe(claim)} cannot be seen from here; waiting up to ${Math.ceil(options.staleMs / 1000)} s for its heartbeat`,
  );
  const began = performance.now();
  for (;;) {
    await sleep(Math.min(1000, options.staleMs / 10));
    const state = await readWriterState(root, claim.writer);
    if (state?.state === "closed") return "closed";
    if (state?.heartbeatAt !== first?.heartbeatAt) return "alive";
    if (judge(claim, state, options) === "gone" || performance.now() - began >= options.staleMs) return "gone";
  }
}

function refusal(root: string, claim: Claim, shard: Claim["shard"]): UserError {
  const advice =
    claim.shard.count === shard.count
      ? "wait until it has ended, or stop it"
      : `every process of a run must cut it into the same number of shards, and this one asks for ${shard.index}/${shard.count}`;
  return new UserError(`${root} is being written by ${describe(claim)}; ${advice}`);
}

function isInTheWay(claim: Claim, shard: Claim["shard"]): boolean {
  return claim.shard.count !== shard.count || claim.shard.index === shard.index;
}

/** Numbers of the claims after `after`, ascending. */
async function listClaims(root: string, after: number): Promise<readonly number[]> {
  return (await listFolder(claimsFolder(root)))
    .map((name) => Number(CLAIM.exec(name)?.[1] ?? 0))
    .filter((number) => number > after)
    .sort((a, b) => a - b);
}

async function readClaims(root: string, numbers: readonly number[]): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  for (let at = 0; at < numbers.length; at += 64) {
    const some = await Promise.all(numbers.slice(at, at + 64).map((number) => readClaim(root, number)));
    claims.push(...some.filter((claim) => claim !== null));
  }
  return claims;
}

/** Null for a claim whose process was killed while writing it. */
async function readClaim(root: string, number: number): Promise<Claim | null> {
  const path = claimPath(root, number);
  try {
    for (;;) {
      const claim = parseClaim(await readFile(path, "utf8"), number);
      if (claim !== null) return claim;
      if (Date.now() - (await stat(path)).mtimeMs > HALF_WRITTEN_MS) return null;
      await sleep(50);
    }
  } catch (error) {
    throw diskError(error, path, "read");
  }
}

function parseClaim(text: string, number: number): Claim | null {
  try {
    const claim: Claim = JSON.parse(text);
    return claim.number === number && typeof claim.writer === "string" ? claim : null;
  } catch {
    return null;
  }
}

function claimPath(root: string, number: number): string {
  return join(claimsFolder(root), `${String(number).padStart(6, "0")}.json`);
}

function later(a: string | null, b: string): string {
  return a === null || b > a ? b : a;
}
