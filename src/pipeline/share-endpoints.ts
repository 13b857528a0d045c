import type { Store, Writer, WriterInfo } from "../records/index.js";
import type { EndpointPost } from "./endpoint-post.js";

/** A writer that has told nothing for so long is not counted among the clients. */
const SILENT_MS = 60_000;
/** Between two heartbeats of a writer (ms): what is older when it is read was held back by a network disk. */
const HEARTBEAT_MS = 5_000;
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

/**
 * Lets all clients of an endpoint that work on this run (its shards) have one limit, by what they tell in the run folder:
 * the first of them looks for it, the others take it. Gives the way to stop.
 */
export function shareEndpoints(options: ShareOptions): () => Promise<void> {
  /** Writers that will not ask any more. */
  const over = new Set<string>();
  const told = new WeakMap<EndpointPost, number>();
  let timer: NodeJS.Timeout;
  let looking = Promise.resolve();
  let isOver = false;

  async function look(): Promise<Company> {
    const known = await options.store.writers(over);
    const writers = latestOfShards(known);
    for (const writer of known) if (writer.state === "closed" || !writers.includes(writer)) over.add(writer.writer);
    const posts = options.posts().filter(({ teacher }) => teacher.endpoint !== OBSERVER);
    const clients = Math.max(1, ...posts.map((post) => share(post, writers, options)));
    const isNews = posts.some((post) => told.get(post) !== post.limit.limit);
    for (const post of posts) told.set(post, post.limit.limit);
    if (clients > 1 && isNews) await options.writer.tell();
    return { writers: writers.length, clients };
  }

  function schedule(ms: number): void {
    if (isOver) return;
    timer = setTimeout(() => {
      looking = look().then(
        (company) => schedule(pauseMs(company, options)),
        // A folder that cannot be read for once leaves all as it is.
        () => schedule(ALONE * options.everyMs),
      );
    }, ms);
  }

  schedule(options.everyMs);
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

/** An address that names another server on every machine. */
function onlyHere(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === "localhost" || hostname === "[::1]" || hostname === "0.0.0.0" || hostname.startsWith("127.");
}

function pauseMs({ writers, clients }: Company, { everyMs }: ShareOptions): number {
  return everyMs * Math.max(1, writers / MANY_WRITERS) * (clients > 1 ? 1 : ALONE);
}

/** Tells the limit of one endpoint who else uses it; gives how many do, with this one. */
function share(post: EndpointPost, writers: readonly WriterInfo[], options: ShareOptions): number {
  const now = Date.now();
  const own = writers.find(({ writer }) => writer === options.writer.id);
  const isLocal = onlyHere(post.teacher.endpoint);
  const here = writers.flatMap((writer) => {
    const ageMs = now - Date.parse(writer.heartbeatAt);
    if (writer === own) return [{ isOwn: true, limit: 0, ageMs: 0 }];
    if (writer.state === "closed" || ageMs > SILENT_MS || (isLocal && writer.host !== own?.host)) return [];
    const state = writer.endpoints?.find(
      ({ model, endpoint, isOut }) => model === options.model && endpoint === post.teacher.endpoint && !isOut,
    );
    return state === undefined ? [] : [{ isOwn: false, limit: state.limit, ageMs }];
  });
  const [leader] = here;
  post.limit.share({
    clients: here.length,
    leaderLimit: leader === undefined || leader.isOwn ? null : leader.limit,
    // The leader tells of a change at its next look, and the others see it at theirs.
    lagMs:
      2 * pauseMs({ writers: writers.length, clients: here.length }, options) +
      Math.max(0, ...here.map(({ ageMs }) => ageMs - HEARTBEAT_MS)),
  });
  return here.length;
}
