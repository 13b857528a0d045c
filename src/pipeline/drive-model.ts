import type { Ended } from "../records/index.js";
import { type AskOptions, askCell } from "./ask-cell.js";
import { Bell } from "./bell.js";
import type { QueuedCell } from "./cell-queue.js";
import { choosePost } from "./choose-post.js";
import type { EndpointPost } from "./endpoint-post.js";
import { UnreadableSourceError } from "./open-pictures.js";
import type { RunLimits } from "./run-limits.js";
import type { Suspects } from "./suspects.js";
import type { WasteAlarm, WasteWatch } from "./waste-alarm.js";
import { watchPosts } from "./watch-posts.js";

export type { SettledCell } from "./ask-cell.js";

/** Cells whose pictures are made ready before their turn: what a fast server starts while one picture is read. */
const READ_AHEAD = 32;

/** How one model's part of the run ended. */
export type DriveEnd =
  | { readonly kind: "done" }
  | { readonly kind: "stopped"; readonly why: string }
  | { readonly kind: "waste"; readonly alarm: WasteAlarm; readonly sample: Ended }
  | { readonly kind: "out"; readonly why: string }
  | { readonly kind: "never-answered"; readonly why: string }
  | { readonly kind: "gone"; readonly why: string };

/** The endpoints of a model as they are now. */
export interface LivePosts {
  readonly posts: readonly EndpointPost[];
  /** The list comes from a file that others write: it may be empty for a while. */
  readonly isWatched: boolean;
  /** Calls `listener` when the list changed. Gives the way to forget it. */
  onChange(listener: () => void): () => void;
}

export interface DriveOptions extends AskOptions {
  readonly endpoints: LivePosts;
  /** What may still be started and spent, shared by all models of this start. */
  readonly limits: RunLimits;
  readonly watch: WasteWatch | null;
  readonly say: (sentence: string) => void;
}

/** Asks one model about every cell of its queue, keeping its endpoints full, until the queue is empty or something ends it. */
export async function driveModel(options: DriveOptions): Promise<DriveEnd> {
  const { model, endpoints, queue, suspects, stop, limits, times } = options;
  const bell = new Bell();
  const wasStarted = new Uint8Array(options.images.length);
  const startedAt = performance.now();
  let inFlight = 0;
  let end: DriveEnd | null = null;
  let failure: unknown = null;
  let isWaitingSaid = false;
  /** When an endpoint answered last, be it one that has left the list since; null while none has in this start. */
  let answeredAt: number | null = null;
  const ring = () => bell.ring();
  const forget = [stop.onDrain(ring), endpoints.onChange(ring), limits.onChange(ring)];
  const cutAll = () => {
    for (const post of endpoints.posts) for (const { controller } of post.requests) controller.abort();
  };
  stop.signal.addEventListener("abort", cutAll);
  const stopWatching = watchPosts({
    posts: () => endpoints.posts,
    times,
    now: () => performance.now(),
    say: options.say,
    changed: ring,
  });

  const announceLater = () => {
    const later = options.images[queue.ahead(READ_AHEAD)?.position ?? -1];
    if (later !== undefined) options.pictures.announce(later);
  };

  const launch = (post: EndpointPost, cell: QueuedCell, isAlone: boolean) => {
    inFlight += 1;
    // A retry was paid for when its cell was first started.
    if (wasStarted[cell.position] === 0) limits.countCell();
    wasStarted[cell.position] = 1;
    limits.started(model.name);
    const request = post.begin();
    let spent: Ended | null = null;
    askCell(options, post, cell, request, isAlone)
      .then(({ ended, parsed }) => {
        spent = ended;
        // A fault of the endpoint is not a reply.
        if (ended.fault !== null && !ended.countsAsTry) return;
        const alarm = options.watch?.add(parsed.outcome, parsed.reason) ?? null;
        if (alarm !== null) end ??= { kind: "waste", alarm, sample: ended };
      })
      .catch((error: unknown) => {
        failure ??= error;
        if (error instanceof UnreadableSourceError) {
          if (stop.draining === null) options.say(`stopping, what is in flight is awaited: ${error.message}`);
          stop.drain(`${model.name} stopped`);
          return;
        }
        // What cannot be written down must not go on costing GPU time.
        stop.abort(`${model.name} stopped`);
      })
      .finally(() => {
        inFlight -= 1;
        limits.ended(model.name, spent?.reply ?? null, performance.now() - request.startedAt);
        bell.ring();
      });
  };

  const startWhatFits = (now: number) => {
    const mayStart = () => limits.mayStart(model.name);
    startAlone(endpoints.posts, suspects, now, mayStart, (post, cell) => launch(post, cell, true));
    while (mayStart()) {
      const post = choosePost(endpoints.posts, queue.length, now);
      if (post === null) return;
      const cell = queue.take(now);
      if (cell === null) return;
      launch(post, cell, false);
      announceLater();
    }
  };

  const reason = (now: number): DriveEnd | null => {
    if (stop.draining !== null) return { kind: "stopped", why: stop.draining };
    const why = limits.reached(model.name);
    if (why !== null) return { kind: "stopped", why };
    for (const post of endpoints.posts) {
      if (post.everAnswered) answeredAt = Math.max(answeredAt ?? post.lastAnswerAt, post.lastAnswerAt);
    }
    const gone = endpointsGone(options, { startedAt, answeredAt, now, idle: inFlight === 0 });
    // The start goes on while another model is asked: until then waiting costs nothing.
    const mayWait = gone !== null && gone.kind !== "out" && limits.othersIdleMs(model.name) < times.neverAnsweredMs;
    if (mayWait && !isWaitingSaid) options.say(`${model.name} waits for its endpoints: ${gone.why}`);
    isWaitingSaid = mayWait;
    return mayWait ? null : gone;
  };

  try {
    while (failure === null) {
      const now = performance.now();
      end ??= reason(now);
      if (end === null) startWhatFits(now);
      if (inFlight === 0) {
        const isOver = queue.length === 0 && suspects.waiting === 0;
        // What stopped it may have come with the last reply: then nothing was left to stop.
        if (isOver && (end === null || end.kind === "stopped")) return { kind: "done" };
        if (end !== null) return end;
      }
      await bell.wait(end === null ? nextMoment(options, now) - now : Number.POSITIVE_INFINITY);
    }
    throw failure;
  } finally {
    for (const each of forget) each();
    while (inFlight > 0) await bell.wait(Number.POSITIVE_INFINITY);
    stop.signal.removeEventListener("abort", cutAll);
    const lastLooks = stopWatching();
    // This ends a look that hangs, too.
    await Promise.all(endpoints.posts.map((post) => post.teacher.close()));
    await lastLooks;
  }
}

/** Gives each suspect an endpoint of its own: one is kept free for them, and has nothing else in flight. */
function startAlone(
  posts: readonly EndpointPost[],
  suspects: Suspects,
  now: number,
  mayStart: () => boolean,
  launch: (post: EndpointPost, cell: QueuedCell) => void,
): void {
  const reserved = posts.find((post) => post.isReserved);
  if (suspects.waiting === 0) {
    if (reserved !== undefined && reserved.inFlight === 0) reserved.isReserved = false;
    return;
  }
  // One that is gone lets another take over.
  if (reserved !== undefined && !reserved.isUsable(now) && posts.some((post) => post.isUsable(now))) {
    reserved.isReserved = false;
  }
  const usable = posts.filter((post) => post.isUsable(now));
  const room =
    usable.find((post) => post.isReserved) ??
    usable.reduce<EndpointPost | null>(
      (best, post) => (best === null || post.inFlight < best.inFlight ? post : best),
      null,
    );
  if (room === null) return;
  room.isReserved = true;
  if (room.inFlight > 0) return;
  const cell = mayStart() ? suspects.take() : null;
  if (cell !== null) launch(room, cell);
}

function nextMoment({ endpoints, queue, suspects }: DriveOptions, now: number): number {
  const soonest = (posts: readonly EndpointPost[]) => Math.min(...posts.map((post) => post.readyAt(now)));
  const forSuspects = suspects.waiting === 0 ? [] : endpoints.posts.filter((post) => post.isReserved);
  const forOthers = endpoints.posts.filter((post) => !post.isReserved);
  const ready = Math.min(soonest(forSuspects), Math.max(soonest(forOthers), queue.readyAt()));
  // What could start now would have started: it waits for a budget, or for a faster endpoint to be free.
  const next = ready <= now ? Number.POSITIVE_INFINITY : ready;
  // While nothing answers, the loop must come round to notice that it has been too long.
  return Math.min(next, now + 1_000);
}

function endpointsGone(
  { endpoints, times }: DriveOptions,
  {
    startedAt,
    answeredAt,
    now,
    idle,
  }: { readonly startedAt: number; readonly answeredAt: number | null; readonly now: number; readonly idle: boolean },
): Extract<DriveEnd, { readonly why: string }> | null {
  const { posts, isWatched } = endpoints;
  // The common case, asked after every reply.
  if (posts.some((post) => post.out === null && post.trouble === null)) return null;
  const trouble = posts.map((post) => post.out ?? post.trouble ?? `${post.teacher.endpoint} gave no answer`).join("; ");
  if (posts.length > 0 && posts.every((post) => post.outKind === "refuses")) {
    return isWatched && now - startedAt < times.goneMs ? null : { kind: "out", why: trouble };
  }
  if (!idle) return null;
  const why = posts.length === 0 ? "the endpoints file lists none" : trouble;
  if (answeredAt === null) {
    const patienceMs = isWatched ? times.goneMs : times.neverAnsweredMs;
    return now - startedAt > patienceMs ? { kind: "never-answered", why } : null;
  }
  // One that joined since gets its time to come up.
  const lastAnswer = Math.max(answeredAt, ...posts.map((post) => post.lastAnswerAt));
  return now - lastAnswer > times.goneMs ? { kind: "gone", why } : null;
}
