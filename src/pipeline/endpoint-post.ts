import type { Answer, EndpointState, FaultKind, ServerLoad, Teacher } from "../records/index.js";
import { type ConcurrencyLimit, retryDelayMs, type Ticket } from "../teachers/index.js";
import type { EndpointMark } from "./judge-answer.js";

/** A request on its way to an endpoint. */
export interface OpenRequest {
  readonly ticket: Ticket;
  readonly startedAt: number;
  readonly controller: AbortController;
  /** Last byte of its reply, or its start (monotonic ms). */
  lastByteAt: number;
  /** The engine has taken its picture in: some of the reply has come. */
  hasOutput: boolean;
}

/** Output of an endpoint is averaged over about this long. */
const RATE_MS = 20_000;

/** Longest wait between two looks at a server that is gone: a closed port costs nothing to try, and a GPU that is back no time to lose. */
const LOOK_CAP_MS = 10_000;

/** One endpoint of a model as the drive sees it: how much it may carry, how fast it is, and whether it is resting or out. */
export class EndpointPost {
  readonly requests = new Set<OpenRequest>();
  /** Any HTTP answer in this start. */
  everAnswered = false;
  /** Monotonic milliseconds. */
  lastAnswerAt: number;
  /** Last byte of any reply. */
  lastOutputAt: number;
  /** Mean time of its finished replies; null before the first. */
  meanMs: number | null = null;
  /** Faults by kind, as they stand in the ledger. */
  readonly faults: Record<string, number> = {};
  /** What its gauges said last. */
  load: ServerLoad | null = null;
  /** The latest trouble, in words for a person. */
  trouble: string | null = null;
  /** No longer in the list of endpoints: finishes what it has and takes no more. */
  isLeaving = false;
  /** Its part in the limit that several shards share; undefined where it has none. */
  role: EndpointState["role"];
  /** One cell is asked here with nothing beside it. */
  isReserved = false;
  private lastFinishedAt = Number.NEGATIVE_INFINITY;
  private restUntil = 0;
  private restedSince = Number.NEGATIVE_INFINITY;
  private restsInRow = 0;
  private looksInRow = 0;
  private outReason: string | null = null;
  /** Why it is out: it refuses for good (key, model), or it puts out nothing. */
  outKind: "refuses" | "stalled" | null = null;
  /** It was gone: to be looked at before it gets work again. */
  needsLook = false;
  /** Its own counter of tokens moved last (monotonic ms). */
  generatedAt = Number.NEGATIVE_INFINITY;
  /** How many were in flight when its latest trouble began. */
  crowd = 0;
  private probing: Promise<boolean> | null = null;
  private readonly outputs: { at: number; tokens: number }[] = [];
  private readonly openedAt: number;

  constructor(
    readonly teacher: Teacher,
    readonly limit: ConcurrencyLimit,
    private readonly now: () => number,
    private readonly random: () => number = Math.random,
  ) {
    this.openedAt = now();
    this.lastAnswerAt = this.openedAt;
    this.lastOutputAt = this.openedAt;
  }

  get inFlight(): number {
    return this.requests.size;
  }

  get out(): string | null {
    return this.outReason;
  }

  /** Whether anything may be asked here at `now`, free place or not. */
  isUsable(now: number): boolean {
    return this.outReason === null && !this.isLeaving && !this.needsLook && this.restUntil <= now;
  }

  canTake(now: number): boolean {
    return this.isUsable(now) && !this.isReserved && this.inFlight < this.limit.limit;
  }

  get restsUntil(): number {
    return this.restUntil;
  }

  /** When it may take work again (ms); Infinity while it is full or out, since only an answer or a look changes that. */
  readyAt(now: number): number {
    if (this.outReason !== null || this.isLeaving || this.needsLook) return Number.POSITIVE_INFINITY;
    const most = this.isReserved ? 1 : this.limit.limit;
    return this.inFlight >= most ? Number.POSITIVE_INFINITY : Math.max(now, this.restUntil);
  }

  /** How long the most silent of its requests has brought nothing (ms). */
  longestSilence(now: number): number {
    let oldest = now;
    for (const request of this.requests) oldest = Math.min(oldest, request.lastByteAt);
    return now - oldest;
  }

  begin(): OpenRequest {
    const now = this.now();
    if (this.inFlight === 0) this.lastOutputAt = now;
    const request = {
      ticket: this.limit.begin(),
      startedAt: now,
      controller: new AbortController(),
      lastByteAt: now,
      hasOutput: false,
    };
    this.requests.add(request);
    return request;
  }

  /** Some of a reply came in. */
  sawOutput(request: OpenRequest, amount: number): void {
    const now = this.now();
    request.lastByteAt = now;
    request.hasOutput = true;
    this.lastOutputAt = now;
    request.ticket.progressed(amount);
  }

  /** Whether it has finished a reply since `startedAt`: then a break was not the whole server's. */
  finishedSince(startedAt: number): boolean {
    return this.lastFinishedAt > startedAt;
  }

  /** Whether a one-token request is answered; all who want to know at once share one. */
  answersProbe(timeoutMs: number): Promise<boolean> {
    this.probing ??= this.teacher.answersProbe(timeoutMs).finally(() => {
      this.probing = null;
    });
    return this.probing;
  }

  ended(request: OpenRequest, answer: Answer, mark: EndpointMark): void {
    if (!this.requests.delete(request)) return;
    const now = this.now();
    const { startedAt } = request;
    const finished = mark === "fine" && answer.fault === null;
    const tokens = answer.reply?.completionTokens ?? null;
    request.ticket.ended({ ok: finished, busy: mark === "busy", tokens, ms: now - startedAt });
    if (answer.status !== null) {
      this.everAnswered = true;
      this.lastAnswerAt = now;
    }
    if (finished) {
      this.lastFinishedAt = now;
      this.lastOutputAt = now;
      this.restsInRow = 0;
      this.trouble = null;
      this.meanMs = this.meanMs === null ? now - startedAt : this.meanMs + (now - startedAt - this.meanMs) / 16;
      this.outputs.push({ at: now, tokens: tokens ?? 0 });
      return;
    }
    if (answer.fault !== null && mark !== "fine") this.trouble = answer.fault.message;
    if (mark === "out") this.takeOut(answer.fault?.message ?? "it refused");
    else if (mark !== "fine") {
      this.rest(startedAt, answer.fault?.retryAfterMs);
      if (answer.fault?.kind === "unreachable") this.needsLook = true;
    }
  }

  /** A request ended with a fault of this kind, once it is known what it means. */
  countFault(kind: FaultKind): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
  }

  /** Tokens a second of the replies that finished lately. */
  tokensPerSecond(): number {
    const now = this.now();
    const span = Math.min(Math.max(RATE_MS, 2 * (this.meanMs ?? 0)), now - this.openedAt);
    while (this.outputs[0] !== undefined && this.outputs[0].at <= now - span) this.outputs.shift();
    const tokens = this.outputs.reduce((sum, output) => sum + output.tokens, 0);
    return tokens / (Math.max(1_000, span) / 1000);
  }

  takeOut(reason: string, kind: "refuses" | "stalled" = "refuses"): void {
    this.outReason = reason;
    this.outKind = kind;
    this.isReserved = false;
  }

  /** Nobody was there when it was looked for. */
  stillGone(problem: string | null): void {
    this.needsLook = true;
    this.trouble = problem ?? this.trouble ?? `${this.teacher.endpoint} does not answer`;
    this.looksInRow += 1;
    this.restUntil = this.now() + retryDelayMs(this.looksInRow, { random: this.random, capMs: LOOK_CAP_MS });
  }

  /** Whoever took it out was wrong, or it was mended. */
  takeBack(): void {
    this.outReason = null;
    this.outKind = null;
    this.needsLook = false;
    this.looksInRow = 0;
    this.trouble = null;
  }

  /** Breaks off all it has in flight; what they were will be asked elsewhere. */
  cancelAll(reason: string): void {
    this.trouble = reason;
    for (const { controller } of this.requests) controller.abort(new EndpointGone(reason));
  }

  /** Lets it rest, longer each time; a burst of faults from requests that were already on their way counts once. */
  rest(startedAt: number, retryAfterMs: number | undefined): void {
    if (startedAt < this.restedSince) return;
    const now = this.now();
    this.restsInRow += 1;
    this.restedSince = now;
    this.crowd = this.inFlight + 1;
    this.restUntil =
      now +
      retryDelayMs(this.restsInRow, { random: this.random, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }
}

/** Why a request was broken off from this side: its endpoint is gone. */
export class EndpointGone extends Error {
  override readonly name = "EndpointGone";
}
