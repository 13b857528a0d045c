import type { ServerLoad } from "../records/index.js";
import type { ConcurrencyLimit, RequestResult, Sharing } from "./concurrency.js";
import { openKneeSearch } from "./knee-search.js";
import { type MeteredRequest, openOutputMeter } from "./output-meter.js";

export interface ClimbOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly start?: number;
  readonly cap?: number;
}

/** Share of the limit that stays after a server said it is busy, after it preempted, and at least where requests wait. */
const CUT_BUSY = 0.7;
const CUT_PREEMPTED = 0.85;
const CUT_WAITING = 0.6;
/** How long a client that takes another's limit keeps to a cut of its own, at least. */
const CUT_COUNTS_MS = 5_000;
const FOLLOWS = "takes the limit of the shard that looks for it";
const ALONE: Sharing = { clients: 1, leaderLimit: null, lagMs: 0 };
/** A KV cache fuller than this is about to preempt. */
const KV_FULL = 0.94;

/**
 * Goes where `openKneeSearch` sends it by what `openOutputMeter` measured under each limit. Cuts once for a burst of
 * refusals, for a preemption, and down to what runs where requests wait.
 */
export function climbingLimit({ now, start = 8, cap = 512 }: ClimbOptions): ConcurrencyLimit {
  const meter = openOutputMeter(now);
  const search = openKneeSearch(cap);
  let limit = Math.min(start, cap);
  let load: ServerLoad | null = null;
  let sharing: Sharing = ALONE;
  let waitingPolls = 0;
  let cutsIgnored = 0;
  let lastCutAt = Number.NEGATIVE_INFINITY;

  function change(to: number): void {
    limit = Math.max(1, Math.min(cap, Math.round(to)));
    meter.restart();
  }

  function cut(to: number, reason: string): void {
    search.wasTooMuch(limit, reason);
    lastCutAt = now();
    change(to);
  }

  /** Of all clients. */
  function totalInFlight(): number {
    return (load?.running ?? 0) + (load?.waiting ?? 0);
  }

  /** Clients from elsewhere use this server too: their work has to be seen. */
  function isShared(): boolean {
    return load !== null && load.running !== null && totalInFlight() > 1.25 * sharing.clients * meter.inFlight + 2;
  }

  function look(): void {
    const shared = isShared();
    const { lagMs, leaderLimit } = sharing;
    const window = meter.look({ limit, load, isShared: shared, isClimbing: search.isClimbing, lagMs });
    if (window === null || leaderLimit !== null) return;
    if (!window.wasFilled) {
      search.skip();
      return;
    }
    const mayGrow = waitingPolls === 0 && (load?.kvUse ?? 0) < KV_FULL;
    const { rate, isStreamed } = window;
    const next = search.next({
      limit,
      rate,
      isStreamed,
      mayGrow,
      crowd: shared ? totalInFlight() / sharing.clients : null,
    });
    if (next !== limit) change(next);
  }

  function end(request: MeteredRequest, { ok, tokens, ms, busy }: RequestResult): void {
    if (busy && cutsIgnored <= 0) {
      // All that are on their way now met the same full server.
      cutsIgnored = meter.inFlight;
      cut(Math.floor(limit * CUT_BUSY), "cut: the server says it has too much to do");
    }
    if (cutsIgnored > 0) cutsIgnored -= 1;
    request.end({ ms, units: ok ? (tokens ?? 1) : null });
    look();
  }

  /** Whether a cut by the gauges must wait until the last change can be seen in them. */
  function isResting(): boolean {
    const since = now() - Math.max(lastCutAt, meter.changedAt);
    return since < Math.max(2_000, 0.3 * (meter.meanMs ?? 0)) || meter.inFlight > limit;
  }

  return {
    get limit() {
      return limit;
    },
    get why() {
      return search.why;
    },
    begin() {
      const request = meter.begin();
      return {
        progressed(units) {
          // A window begins and ends between two moments, not between two streams of one engine step.
          look();
          request.progress(units);
        },
        ended: (result) => end(request, result),
      };
    },
    share(company) {
      const before = sharing;
      sharing = company.clients > 1 ? company : ALONE;
      const { clients, leaderLimit } = sharing;
      if (leaderLimit !== null) {
        // A cut of our own counts until the leader has met the same full server and told of it.
        const wasCut = now() - lastCutAt < CUT_COUNTS_MS + 2 * sharing.lagMs;
        if (!wasCut && search.why !== FOLLOWS) search.beginAnew(FOLLOWS, false);
        const to = wasCut ? Math.min(leaderLimit, limit) : leaderLimit;
        if (to !== limit) change(to);
        return;
      }
      if (before.leaderLimit === null && before.clients === clients) return;
      search.beginAnew(clients > 1 ? `looking for the limit of ${clients} shards` : "searching: alone again", true);
      // All together have as many as before.
      change((limit * before.clients) / clients);
    },
    observe(seen) {
      const preempted = seen.preemptions !== null && load?.preemptions != null && seen.preemptions > load.preemptions;
      load = seen;
      const { running, waiting } = seen;
      const queues = running !== null && waiting !== null && waiting > Math.max(1, 0.04 * running);
      waitingPolls = queues ? waitingPolls + 1 : 0;
      // Who looks for the limit sees the same gauges, and cuts for all.
      if (sharing.leaderLimit !== null) return;
      if (preempted && !isResting()) {
        cut(Math.floor(limit * CUT_PREEMPTED), "cut: the server ran out of KV cache and preempted");
      } else if (waitingPolls >= 2 && !isResting() && meter.inFlight >= limit && running !== null && waiting !== null) {
        const keep = Math.max(CUT_WAITING, running / (running + waiting));
        const to = Math.min(limit - 1, Math.ceil(limit * keep));
        if (limit > 1) cut(to, "holding: the server's slots are full, more would wait");
      } else look();
    },
  };
}
