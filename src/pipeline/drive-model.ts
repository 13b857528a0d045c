import { DecodeError, ImageChangedError } from "../images/index.js";
import type {
  Answer,
  Asked,
  Ended,
  Fault,
  ModelSpec,
  ParsedReply,
  PreparedPicture,
  SampleImage,
  Writer,
} from "../records/index.js";
import { Bell } from "./bell.js";
import type { CellQueue, QueuedCell } from "./cell-queue.js";
import type { EndpointPost } from "./endpoint-post.js";
import { type Judgement, judgeAnswer } from "./judge-answer.js";

import type { StopSwitch } from "./stop-switch.js";
import type { WasteAlarm, WasteWatch } from "./waste-alarm.js";

/** A one-token probe decides within this time whether a break was the cell's own fault. */
const PROBE_MS = 30_000;
/** An endpoint that was never reached in this start is waited for this long before the run stops. */
const NEVER_ANSWERED_MS = 15_000;
/** Endpoints that did answer in this start may be gone this long (a server's restart takes minutes) before the run ends. */
const GONE_MS = 15 * 60_000;
/** A fault of the cell's own is asked again after this long, so that a hiccup can pass. */
const RETRY_PAUSE_MS = 1_000;

/** How one model's part of the run ended. */
export type DriveEnd =
  | { readonly kind: "done" }
  | { readonly kind: "stopped"; readonly why: string }
  | { readonly kind: "waste"; readonly alarm: WasteAlarm; readonly sample: Ended }
  | { readonly kind: "out"; readonly why: string }
  | { readonly kind: "never-answered"; readonly why: string }
  | { readonly kind: "gone"; readonly why: string };

/** A cell that got its record, or its last fault. */
export interface SettledCell {
  readonly model: string;
  readonly position: number;
  readonly ended: Ended;
  readonly parsed: ParsedReply;
}

export interface DriveOptions {
  readonly model: ModelSpec;
  readonly posts: readonly EndpointPost[];
  readonly images: readonly SampleImage[];
  readonly queue: CellQueue;
  /** Faults of its own that each cell of this model has had, by place in the sample; written to. */
  readonly tries: Uint8Array;
  readonly writer: Writer;
  readonly run8: string;
  keyOf(image: SampleImage): string;
  picture(image: SampleImage): Promise<PreparedPicture>;
  parse(ended: Ended): ParsedReply;
  /** Cells that may still be started, shared by all models of this start. */
  readonly allowance: { left: number };
  readonly watch: WasteWatch | null;
  readonly stop: StopSwitch;
  /** Every request that ended, after its record is on disk. */
  onEnded(ended: Ended): void;
  onSettled(cell: SettledCell): void;
}

/** Asks one model about every cell of its queue, keeping its endpoints full, until the queue is empty or something ends it. */
export async function driveModel(options: DriveOptions): Promise<DriveEnd> {
  const { model, posts, queue, stop } = options;
  const bell = new Bell();
  const startedAt = performance.now();
  let inFlight = 0;
  let end: DriveEnd | null = null;
  let failure: unknown = null;
  const forgetDrain = stop.onDrain(() => bell.ring());

  const launch = (post: EndpointPost, cell: QueuedCell) => {
    inFlight += 1;
    post.started();
    askCell(options, post, cell, (alarm) => {
      end ??= alarm;
    })
      .catch((error: unknown) => {
        failure ??= error;
        // What cannot be written down must not go on costing GPU time.
        stop.abort(`${model.name} stopped`);
      })
      .finally(() => {
        inFlight -= 1;
        bell.ring();
      });
  };

  try {
    while (failure === null) {
      const now = performance.now();
      end ??= reasonToEnd(posts, stop, options.allowance, { startedAt, now, idle: inFlight === 0 });
      if (end === null) startWhatFits(options, now, launch);
      if (inFlight === 0 && queue.length === 0) {
        end ??= { kind: "done" };
      }
      if (end !== null && inFlight === 0) return end;
      await bell.wait(end === null ? nextMoment(posts, queue, now) - now : Number.POSITIVE_INFINITY);
    }
    throw failure;
  } finally {
    forgetDrain();
    while (inFlight > 0) await bell.wait(Number.POSITIVE_INFINITY);
    await Promise.all(posts.map((post) => post.teacher.close()));
  }
}

function startWhatFits(
  options: DriveOptions,
  now: number,
  launch: (post: EndpointPost, cell: QueuedCell) => void,
): void {
  const { posts, queue, allowance } = options;
  while (allowance.left > 0) {
    const post = freest(posts, now);
    if (post === null) return;
    const cell = queue.take(now);
    if (cell === null) return;
    // A retry was paid for when its cell was first started.
    if ((options.tries[cell.position] ?? 0) === 0) allowance.left -= 1;
    launch(post, cell);
  }
}

/** The endpoint with the smallest share of its limit in use. */
function freest(posts: readonly EndpointPost[], now: number): EndpointPost | null {
  let best: EndpointPost | null = null;
  for (const post of posts) {
    if (!post.canTake(now)) continue;
    if (best === null || post.inFlight / post.limit.limit < best.inFlight / best.limit.limit) best = post;
  }
  return best;
}

function nextMoment(posts: readonly EndpointPost[], queue: CellQueue, now: number): number {
  const postReady = Math.min(...posts.map((post) => post.readyAt(now)));
  const ready = Math.max(postReady, queue.readyAt());
  // While nothing answers, the loop must come round to notice that it has been too long.
  return Math.min(ready, now + 1_000);
}

function reasonToEnd(
  posts: readonly EndpointPost[],
  stop: StopSwitch,
  allowance: { readonly left: number },
  times: { readonly startedAt: number; readonly now: number; readonly idle: boolean },
): DriveEnd | null {
  if (stop.draining !== null) return { kind: "stopped", why: stop.draining };
  if (allowance.left <= 0) return { kind: "stopped", why: "the --limit is reached" };
  const trouble = posts.map((post) => post.out ?? post.trouble ?? `${post.teacher.endpoint} gave no answer`).join("; ");
  if (posts.every((post) => post.out !== null)) return { kind: "out", why: trouble };
  if (posts.some((post) => post.out === null && post.trouble === null)) return null;
  if (!times.idle) return null;
  if (posts.every((post) => !post.everAnswered)) {
    return times.now - times.startedAt > NEVER_ANSWERED_MS ? { kind: "never-answered", why: trouble } : null;
  }
  const lastAnswer = Math.max(...posts.map((post) => post.lastAnswerAt));
  return times.now - lastAnswer > GONE_MS ? { kind: "gone", why: trouble } : null;
}

/** One attempt, from the picture to the record on disk and what follows from it. */
async function askCell(
  options: DriveOptions,
  post: EndpointPost,
  cell: QueuedCell,
  raise: (end: DriveEnd) => void,
): Promise<void> {
  const { model, queue, writer, stop } = options;
  const image = options.images[cell.position];
  if (image === undefined) throw new Error(`no image at place ${cell.position} of the sample`);
  const attempt = writer.nextAttempt();
  const asked: Asked = {
    image: image.id,
    model: model.name,
    attempt,
    round: cell.round,
    key: options.keyOf(image),
    endpoint: post.teacher.endpoint,
    askedAt: new Date().toISOString(),
  };
  const startedAt = performance.now();
  let preparedSha256: string | null = null;
  let answer: Answer;
  try {
    const picture = await options.picture(image);
    preparedSha256 = picture.sha256;
    await writer.asked(asked);
    answer = await post.teacher.ask({
      picture,
      requestId: `${image.id}/${model.name}/${attempt}/${options.run8}`,
      signal: stop.signal,
    });
  } catch (error) {
    if (!(error instanceof ImageChangedError || error instanceof DecodeError)) {
      post.ended(NOT_ASKED, "fine", { startedAt, now: performance.now() });
      throw error;
    }
    answer = { ...NOT_ASKED, endedAt: new Date().toISOString(), fault: imageChanged(error) };
  }
  const judgement = judgeAnswer(answer);
  post.ended(answer, judgement.endpoint, { startedAt, now: performance.now() });
  // The slot is free from here on: probing and writing hold up nobody.
  const countsAsTry = await decideCharge(judgement, post, startedAt);
  const ended: Ended = {
    ...asked,
    firstTokenAt: answer.firstTokenAt,
    endedAt: answer.endedAt,
    status: answer.status,
    reply: answer.reply,
    fault: judgement.fault,
    countsAsTry,
    preparedSha256,
  };
  await writer.ended(ended);
  options.onEnded(ended);
  settle(options, cell, ended, raise);
  if (judgement.fault !== null && !isOver(options, cell, ended)) {
    queue.putBack(cell, countsAsTry ? performance.now() + RETRY_PAUSE_MS : 0);
  }
}

const NOT_ASKED: Answer = { reply: null, fault: null, status: null, firstTokenAt: null, endedAt: "" };

function imageChanged(error: Error): Fault {
  return { kind: "image-changed", message: error.message, body: null };
}

async function decideCharge(judgement: Judgement, post: EndpointPost, startedAt: number): Promise<boolean> {
  if (judgement.charge !== "if-endpoint-lives") return judgement.charge === "always";
  return post.finishedSince(startedAt) && (await post.teacher.answersProbe(PROBE_MS));
}

/** Whether this attempt was the cell's last. Counts its tries. */
function isOver(options: DriveOptions, cell: QueuedCell, ended: Ended): boolean {
  if (ended.fault === null || ended.fault.kind === "image-changed") return true;
  return (options.tries[cell.position] ?? 0) >= options.model.tries;
}

function settle(options: DriveOptions, cell: QueuedCell, ended: Ended, raise: (end: DriveEnd) => void): void {
  if (ended.countsAsTry) options.tries[cell.position] = Math.min(255, (options.tries[cell.position] ?? 0) + 1);
  const parsed = options.parse(ended);
  if (isOver(options, cell, ended))
    options.onSettled({ model: options.model.name, position: cell.position, ended, parsed });
  // A fault of the endpoint is not a reply.
  if (ended.fault !== null && !ended.countsAsTry) return;
  const alarm = options.watch?.add(parsed.outcome, parsed.reason) ?? null;
  if (alarm !== null) raise({ kind: "waste", alarm, sample: ended });
}
