import type { Answer, Teacher } from "../records/index.js";
import { type ConcurrencyLimit, retryDelayMs } from "../teachers/index.js";
import type { EndpointMark } from "./judge-answer.js";

/** One endpoint of a model as the drive sees it: how much it may carry, and whether it is resting or out. */
export class EndpointPost {
  inFlight = 0;
  /** Any HTTP answer in this start. */
  everAnswered = false;
  /** Monotonic milliseconds. */
  lastAnswerAt: number;
  private lastFinishedAt = Number.NEGATIVE_INFINITY;
  private restUntil = 0;
  private restedSince = Number.NEGATIVE_INFINITY;
  private restsInRow = 0;
  private outReason: string | null = null;
  /** The latest trouble, in words for a person. */
  trouble: string | null = null;

  constructor(
    readonly teacher: Teacher,
    readonly limit: ConcurrencyLimit,
    now: number,
    private readonly random: () => number,
  ) {
    this.lastAnswerAt = now;
  }

  get out(): string | null {
    return this.outReason;
  }

  canTake(now: number): boolean {
    return this.outReason === null && this.restUntil <= now && this.inFlight < this.limit.limit;
  }

  /** When it may take work again (ms); Infinity while it is full or out, since only an answer changes that. */
  readyAt(now: number): number {
    if (this.outReason !== null || this.inFlight >= this.limit.limit) return Number.POSITIVE_INFINITY;
    return Math.max(now, this.restUntil);
  }

  started(): void {
    this.inFlight += 1;
    this.limit.started();
  }

  /** Whether it has finished a reply since `startedAt`: then a break was not the whole server's. */
  finishedSince(startedAt: number): boolean {
    return this.lastFinishedAt > startedAt;
  }

  ended(answer: Answer, mark: EndpointMark, times: { startedAt: number; now: number }): void {
    this.inFlight -= 1;
    const { startedAt, now } = times;
    const finished = mark === "fine" && answer.fault === null;
    this.limit.ended({
      ok: finished,
      busy: mark === "busy",
      tokens: answer.reply?.completionTokens ?? null,
      ms: now - startedAt,
    });
    if (answer.status !== null) {
      this.everAnswered = true;
      this.lastAnswerAt = now;
    }
    if (finished) {
      this.lastFinishedAt = now;
      this.restsInRow = 0;
      this.trouble = null;
      return;
    }
    if (answer.fault !== null && mark !== "fine") this.trouble = answer.fault.message;
    if (mark === "out") this.takeOut(answer.fault?.message ?? "it refused");
    else if (mark !== "fine") this.rest(startedAt, now, answer.fault?.retryAfterMs);
  }

  takeOut(reason: string): void {
    this.outReason = reason;
  }

  /** Lets it rest, longer each time; a burst of faults from requests that were already on their way counts once. */
  private rest(startedAt: number, now: number, retryAfterMs: number | undefined): void {
    if (startedAt < this.restedSince) return;
    this.restsInRow += 1;
    this.restedSince = now;
    this.restUntil =
      now +
      retryDelayMs(this.restsInRow, { random: this.random, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }
}
