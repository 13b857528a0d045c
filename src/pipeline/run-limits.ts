/** What a person allows one start to use. Null is no limit. */
export interface LimitSpec {
  /** Cells to start. */
  readonly cells: number | null;
  /** Milliseconds from now until everything should be over, and the words for it. */
  readonly timeMs: { readonly ms: number; readonly name: string } | null;
  /** Tokens, prompt and completion. */
  readonly tokens: { readonly most: number; readonly words: (tokens: number) => string } | null;
  /** Tokens a request may take at most, by model: what is expected before the first reply is known. */
  readonly mostTokens: Readonly<Record<string, number>>;
}

interface ModelUse {
  inFlight: number;
  /** When it last had nothing in flight any more (ms). */
  idleSince: number;
  replies: number;
  tokens: number;
  /** Times of the latest replies (ms). */
  readonly times: number[];
}

/** Reply times that the 99th percentile is taken over. */
const KEPT_TIMES = 1_000;

/** What one start may still begin: cells, time, tokens. One object for all models. */
export class RunLimits {
  private cellsLeft: number;
  private spent = 0;
  private readonly endsAt: number;
  private readonly uses = new Map<string, ModelUse>();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly spec: LimitSpec,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.cellsLeft = spec.cells ?? Number.POSITIVE_INFINITY;
    this.endsAt = spec.timeMs === null ? Number.POSITIVE_INFINITY : now() + spec.timeMs.ms;
  }

  /** Whether one more request may leave now. */
  mayStart(model: string): boolean {
    return this.cellsLeft > 0 && !this.isLate(model) && this.fits(model);
  }

  /** Why nothing more may ever be started by this model, in words; null while something may, or may once what is in flight is back. */
  reached(model: string): string | null {
    if (this.cellsLeft <= 0) return "the --limit is reached";
    if (this.isLate(model)) {
      const name = this.spec.timeMs?.name;
      const left = this.endsAt - this.now();
      if (left <= 0) return `the ${name} has passed`;
      return `the ${name} is ${seconds(left)} away, and a reply takes up to ${seconds(this.slowestMs(model))}`;
    }
    const { tokens } = this.spec;
    const inFlight = [...this.uses.values()].reduce((sum, use) => sum + use.inFlight, 0);
    if (tokens === null || this.fits(model) || inFlight > 0) return null;
    const over = this.spent - tokens.most;
    const left =
      over > 0 ? `${tokens.words(over)} over it` : `${tokens.words(-over)} are left, less than one more reply may take`;
    return `the budget is reached: ${tokens.words(this.spent)} of ${tokens.words(tokens.most)} are spent, ${left}`;
  }

  countCell(): void {
    this.cellsLeft -= 1;
  }

  started(model: string): void {
    this.of(model).inFlight += 1;
  }

  ended(
    model: string,
    reply: { readonly promptTokens: number | null; readonly completionTokens: number | null } | null,
    ms: number,
  ): void {
    const use = this.of(model);
    use.inFlight -= 1;
    if (use.inFlight === 0) use.idleSince = this.now();
    if (reply !== null) {
      const tokens = (reply.promptTokens ?? 0) + (reply.completionTokens ?? 0);
      this.spent += tokens;
      use.tokens += tokens;
      use.replies += 1;
      use.times.push(ms);
      if (use.times.length > KEPT_TIMES) use.times.shift();
    }
    if (this.spec.tokens !== null) for (const listener of this.listeners) listener();
  }

  /** Calls `listener` when another model's reply may have made room. Gives the way to forget it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** How long no other model has had anything in flight (ms): 0 while one has, Infinity where none ever had. */
  othersIdleMs(model: string): number {
    const idle = [...this.uses].map(([name, use]) =>
      name === model ? Number.POSITIVE_INFINITY : use.inFlight > 0 ? 0 : this.now() - use.idleSince,
    );
    return Math.min(...idle, Number.POSITIVE_INFINITY);
  }

  /** The 99th percentile of this model's reply times (ms), 0 before the first. */
  slowestMs(model: string): number {
    const times = [...this.of(model).times].sort((a, b) => a - b);
    return times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? 0;
  }

  private isLate(model: string): boolean {
    if (this.endsAt === Number.POSITIVE_INFINITY) return false;
    return this.now() >= this.endsAt - this.slowestMs(model);
  }

  /** Whether what is spent and what is expected in flight, with one more, stays inside the budget. */
  private fits(model: string): boolean {
    const { tokens } = this.spec;
    if (tokens === null) return true;
    let expected = this.spent + this.expected(model);
    for (const [name, use] of this.uses) expected += use.inFlight * this.expected(name);
    return expected <= tokens.most;
  }

  private expected(model: string): number {
    const use = this.of(model);
    return use.replies === 0 ? (this.spec.mostTokens[model] ?? 0) : use.tokens / use.replies;
  }

  private of(model: string): ModelUse {
    const known = this.uses.get(model);
    if (known !== undefined) return known;
    const made = { inFlight: 0, idleSince: Number.NEGATIVE_INFINITY, replies: 0, tokens: 0, times: [] };
    this.uses.set(model, made);
    return made;
  }
}

function seconds(ms: number): string {
  return `${Math.max(0, ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
