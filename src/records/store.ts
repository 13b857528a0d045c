import type { Asked, AttemptEvent, AttemptId, Ended } from "./attempt.js";
import type { ImageId, RejectedImage, SampleImage, Verdict } from "./image.js";
import type { Outcome } from "./outcome.js";
import type { Pair } from "./pair.js";
import type { RunHeader } from "./run.js";

/** What one writer knows of one model, as differences: summed over all writers it is the state of the run. */
export interface ModelTally {
  readonly outcomes: Readonly<Record<Exclude<Outcome, "missing">, number>>;
  readonly attempts: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Faults by kind. */
  readonly faults: Readonly<Record<string, number>>;
}

/** The facts of the draw that no other file holds. */
export interface SampleFacts {
  /** Pictures in the sample. */
  readonly images: number;
  /** Pictures the sources list in the classes asked for. */
  readonly catalog: number;
  /** Listed in classes the recipe leaves out. */
  readonly outsideClasses: number;
  readonly notDrawn: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Classes that gave fewer than their share, with what they gave and had. */
  readonly shortClasses: readonly { readonly class: string | null; readonly given: number; readonly wanted: number }[];
  /** The options the sample was drawn under, so that a change is noticed. */
  readonly drawnUnder: unknown;
}

/** One endpoint as its writer saw it at its last heartbeat. */
export interface EndpointState {
  readonly model: string;
  readonly endpoint: string;
  readonly inFlight: number;
  /** Requests it may have in flight. */
  readonly limit: number;
  /** Why the limit is what it is, or what is wrong with the endpoint. */
  readonly why: string;
  /** Completion tokens of the replies that finished lately. */
  readonly tokensPerSecond: number;
  /** Faults by kind, since the writer started. */
  readonly faults: Readonly<Record<string, number>>;
  readonly isOut: boolean;
  /** Whether it looks for the limit that the shards on this endpoint share, or takes another's; left out where it takes no part. */
  readonly role?: "leads" | "follows";
}

/** Who writes or wrote. */
export interface WriterInfo {
  readonly writer: string;
  readonly shard: { readonly index: number; readonly count: number };
  readonly host: string;
  readonly bootId: string | null;
  readonly pid: number;
  readonly job: string | null;
  readonly startedAt: string;
  readonly heartbeatAt: string;
  /** `writing`, or `closed` once everything is sealed. */
  readonly state: "writing" | "closed";
  readonly parserVersion: string;
  /** By model, the tries after which `tallies` counts a cell as failed. Left out by writers that give up none. */
  readonly tries?: Readonly<Record<string, number>>;
  readonly tallies: Readonly<Record<string, ModelTally>>;
  /** Left out by writers that ask nobody. */
  readonly endpoints?: readonly EndpointState[];
}

/** Appends attempts for one process. Its files are its own. */
export interface Writer {
  readonly id: string;
  /** A new id, never used twice. */
  nextAttempt(): AttemptId;
  /** Tells readers now where this writer and its endpoints stand; otherwise they learn it at the next heartbeat. */
  tell(): Promise<void>;
  /** On disk (not synced) before the request may leave. */
  asked(asked: Asked): Promise<void>;
  /** Resolves once the record is fsynced: only then does it count. */
  ended(ended: Ended): Promise<void>;
  /** Seals what is left, writes the last heartbeat, lets the shard go. */
  close(): Promise<void>;
}

/** An ended attempt without its texts: enough to settle its cell. */
export interface EndingRow {
  readonly image: string;
  readonly model: string;
  readonly attempt: AttemptId;
  readonly round: number;
  readonly countsAsTry: boolean;
  readonly finishReason: string | null;
  readonly faultKind: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

export interface OpenWriterOptions {
  readonly shard: { readonly index: number; readonly count: number };
  readonly models: readonly string[];
  readonly parserVersion: string;
  /** By model, the tries after which this writer gives a cell up. Left out by one that gives up none. */
  readonly tries?: Readonly<Record<string, number>>;
  /** Called at each heartbeat for this writer's tallies. */
  readonly tallies: () => Readonly<Record<string, ModelTally>>;
  /** Called at each heartbeat for the endpoints this writer asks. */
  readonly endpoints?: () => readonly EndpointState[];
  /** Words for a person, e.g. a torn line that was passed over. */
  readonly say: (sentence: string) => void;
}

/** The folder that holds a run. Any number of readers, one writer a shard. */
export interface Store {
  readonly path: string;
  /** Null where there is no run yet. Throws a `UserError` on a newer format than this program knows. */
  readHeader(): Promise<RunHeader | null>;
  writeHeader(header: RunHeader): Promise<void>;

  /** Verdicts of earlier starts, newest per image, torn tails passed over. */
  readVerdicts(): AsyncIterable<Verdict>;
  /** Appends verdicts in a file of this process. */
  openGate(): Promise<{ append(verdicts: readonly Verdict[]): Promise<void>; close(): Promise<void> }>;
  writeSample(sample: {
    images: readonly SampleImage[];
    rejected: Iterable<RejectedImage>;
    facts: SampleFacts;
  }): Promise<void>;
  /** Null before the sample is drawn. In sample order; of the images that `holds` names only those. */
  readSample(holds?: (imageId: ImageId) => boolean): Promise<readonly SampleImage[] | null>;
  readRejected(): Promise<readonly RejectedImage[]>;
  readSampleFacts(): Promise<SampleFacts | null>;

  /** Throws a `UserError` that names the owner while a live writer holds the shard or another shard count. */
  openWriter(options: OpenWriterOptions): Promise<Writer>;
  /** In start order; none of those in `passOver`. */
  writers(passOver?: ReadonlySet<string>): Promise<readonly WriterInfo[]>;
  /** Ended attempts of a model without texts, writer by writer in start order, each attempt once; none of the writers in `passOver`. */
  endings(model: string, passOver?: ReadonlySet<string>): AsyncIterable<readonly EndingRow[]>;
  /** Ended attempts of a model with texts, in the same order. */
  attempts(model: string): AsyncIterable<readonly Ended[]>;
  /** Every event of one cell, `asked` too where it is still in a journal. */
  attemptsOf(image: string, model: string): Promise<readonly AttemptEvent[]>;
  /** Requests that went out in batch files, in the order written, whether their results have come or not. */
  batchRequests(model: string): AsyncIterable<readonly Asked[]>;
  /** Writes what today's parser makes of a model's replies: derived, remade at will. Gives the rows. */
  writePairs(model: string, parserVersion: string, pairs: AsyncIterable<Pair>): Promise<number>;
  /** How many requests left that have no `ended`, by model: cut by a kill, or gone out in a batch file whose result has not come. */
  unanswered(): Promise<Readonly<Record<string, number>>>;
}
