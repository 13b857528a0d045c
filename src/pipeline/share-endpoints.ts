import { hostname } from "node:os";
import type { EndpointState, Store, Writer, WriterInfo } from "../records/index.js";
import type { EndpointPost } from "./endpoint-post.js";
import { isLoopback } from "./is-loopback.js";

/** A writer that has told nothing new for so long is not counted among the clients. */
const SILENT_MS = 60_000;
/** Between two heartbeats of a writer (ms): what is older when it is read was held back by a network disk. */
const HEARTBEAT_MS = 5_000;
/** No disk holds it back longer; beyond this it is two clocks that differ. */
const HELD_BACK_MS = 30_000;
/** With more writers than this each looks less often: all of them read the files of all. */
const MANY_WRITERS = 4;
/** Who shares nothing looks so many times less often. */
const ALONE = 5;
/** Each process has an observer of its own, and all have this name. */
const OBSERVER = "observer";

export interface ShareOptions {
  readonly store: Pick<Store, "writers">;
  /** This process's own. */
  readonly writer: Pick<Writer, "id" | "tell">;
  readonly model: string;
  /** Read at every look: endpoints come and go. */
  readonly posts: () => readonly EndpointPost[];
  /** Between two looks of a few shards that share. */
  readonly everyMs: number;
}

/** What one look found. */
interface Company {
  readonly writers: number;
  /** Of the endpoint that most share, with this process. */
  readonly clients: number;
}

/** Another writer as it was when its file was read. */
interface Other {
  readonly info: WriterInfo;
  /** How long its heartbeat has not moved before the eyes of this process (ms). */
  readonly silentMs: number;
}

/**
 * Lets all clients of an endpoint that work on this run (its shards) have one limit, by what they tell in the run folder:
 * one of them looks for it, the others take it. Resolves to the way to stop, once it knows who is there.
 */
export async function shareEndpoints(options: ShareOptions): Promise<() => Promise<void>> {
  const { everyMs, writer } = options;
  const startedAt = performance.now();
  /** Writers that will not ask any more. */
  const over = new Set<string>();
  const beats = new Map<string, { readonly heartbeatAt: string; readonly at: number }>();
  const told = new WeakMap<EndpointPost, number>();
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = everyMs;
  let looking: Promise<void> = Promise.resolve();
  let isOver = false;

  function silenceOf(info: WriterInfo): number {
    const now = performance.now();
    const known = beats.get(info.writer);
    if (known?.heartbeatAt === info.heartbeatAt) return now - known.at;
    beats.set(info.writer, { heartbeatAt: info.heartbeatAt, at: now });
    // Only at first sight its clock is asked, which may be another machine's.
    return known === undefined ? Date.now() - Date.parse(info.heartbeatAt) : 0;
  }

  async function look(): Promise<Company> {
    const known = await options.store.writers(over);
    const latest = latestOfShards(known);
    for (const info of known) {
      if (info.writer !== writer.id && (info.state === "closed" || !latest.includes(info))) over.add(info.writer);
    }
    const others = latest
      .filter((info) => info.writer !== writer.id && info.state === "writing")
      .map((info) => ({ info, silentMs: silenceOf(info) }))
      .filter(({ silentMs }) => silentMs < SILENT_MS);
    const posts = options.posts().filter(({ teacher }) => teacher.endpoint !== OBSERVER);
    const clients = Math.max(1, ...posts.map((post) => share(post, others, options)));
    const isFirst = posts.some((post) => !told.has(post));
    const isNews = posts.some((post) => told.get(post) !== post.limit.limit);
    for (const post of posts) told.set(post, post.limit.limit);
    if (isFirst || (clients > 1 && isNews)) await writer.tell();
    return { writers: others.length + 1, clients };
  }

  async function lookAndGoOn(): Promise<void> {
    // A folder that cannot be read for once leaves all as it is.
    const company = await look().catch(() => null);
    if (company !== null) pauseMs = pauseOf(company, options);
    // Those that start together see each other only once all have told of themselves.
    const soon = Math.max(everyMs, performance.now() - startedAt);
    if (!isOver) timer = setTimeout(() => (looking = lookAndGoOn()), Math.min(pauseMs, soon));
  }

  await lookAndGoOn();
  return async () => {
    isOver = true;
    clearTimeout(timer);
    await looking;
  };
}

/** Whoever writes a shard now has followed one that is gone, however fresh its last word. */
function latestOfShards(writers: readonly WriterInfo[]): readonly WriterInfo[] {
  const latest = new Map(writers.map(({ writer, shard }) => [shard.index, writer]));
  return writers.filter(({ writer, shard }) => latest.get(shard.index) === writer);
}

function pauseOf({ writers, clients }: Company, { everyMs }: ShareOptions): number {
  return everyMs * Math.max(1, writers / MANY_WRITERS) * (clients > 1 ? 1 : ALONE);
}

/** Tells the limit of one endpoint who else uses it; gives how many do, with this one. */
function share(post: EndpointPost, others: readonly Other[], options: ShareOptions): number {
  const { model, writer } = options;
  const { endpoint } = post.teacher;
  const isLocal = isLoopback(endpoint);
  const here = others.flatMap(({ info }) => {
    const state = info.endpoints?.find((one) => one.model === model && one.endpoint === endpoint);
    if (state?.role === undefined || (isLocal && info.host !== hostname())) return [];
    return [{ id: info.writer, role: state.role, limit: state.limit, heldMs: heldBack(info) }];
  });
  const leader = leaderOf([...here, { id: writer.id, role: post.role, limit: null }]);
  post.role = leader.limit === null ? "leads" : "follows";
  const clients = here.length + 1;
  post.limit.share({
    clients,
    leaderLimit: leader.limit,
    // The leader tells of a change at its next look, and the others see it at theirs.
    lagMs:
      2 * pauseOf({ writers: others.length + 1, clients }, options) + Math.max(0, ...here.map((one) => one.heldMs)),
  });
  return clients;
}

interface Candidate {
  readonly id: string;
  readonly role: EndpointState["role"];
  /** Null for this process. */
  readonly limit: number | null;
}

/** The one that leads already, of several and of none the one that started first: who comes later changes nothing. */
function leaderOf(candidates: readonly Candidate[]): Candidate {
  const leading = candidates.filter(({ role }) => role === "leads");
  const eligible = leading.length > 0 ? leading : candidates;
  return eligible.reduce((first, one) => (one.id < first.id ? one : first));
}

function heldBack({ heartbeatAt }: WriterInfo): number {
  return Math.max(0, Math.min(HELD_BACK_MS, Date.now() - Date.parse(heartbeatAt) - HEARTBEAT_MS));
}
