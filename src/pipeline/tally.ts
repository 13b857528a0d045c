import type { Ended, ModelTally, Outcome, ParsedOutcome } from "../records/index.js";

type Tallied = Exclude<Outcome, "missing">;

interface OpenTally {
  readonly outcomes: Record<Tallied, number>;
  attempts: number;
  promptTokens: number;
  completionTokens: number;
  readonly faults: Record<string, number>;
}

/** Counts what one writer did for each model, as differences: a cell asked anew takes away its old outcome and adds its new one. */
export class Tallies {
  private readonly models = new Map<string, OpenTally>();

  constructor(models: readonly string[]) {
    for (const model of models) this.models.set(model, emptyTally());
  }

  countAttempt(ended: Ended): void {
    const tally = this.of(ended.model);
    tally.attempts += 1;
    tally.promptTokens += ended.reply?.promptTokens ?? 0;
    tally.completionTokens += ended.reply?.completionTokens ?? 0;
    if (ended.fault !== null) tally.faults[ended.fault.kind] = (tally.faults[ended.fault.kind] ?? 0) + 1;
  }

  countOutcome(model: string, before: ParsedOutcome | null, now: ParsedOutcome): void {
    const { outcomes } = this.of(model);
    if (before !== null) outcomes[before] -= 1;
    outcomes[now] += 1;
  }

  snapshot(): Readonly<Record<string, ModelTally>> {
    return structuredClone(Object.fromEntries(this.models));
  }

  private of(model: string): OpenTally {
    const known = this.models.get(model);
    if (known !== undefined) return known;
    const made = emptyTally();
    this.models.set(model, made);
    return made;
  }
}

function emptyTally(): OpenTally {
  return {
    outcomes: { answered: 0, truncated: 0, unparsed: 0, refused: 0, failed: 0 },
    attempts: 0,
    promptTokens: 0,
    completionTokens: 0,
    faults: {},
  };
}
