import {
  type AttemptEvent,
  BATCH_ENDPOINT,
  type Ended,
  type OpenWriterOptions,
  type RejectedImage,
  type RunHeader,
  type SampleFacts,
  type SampleImage,
  type Store,
  UserError,
  type Verdict,
  type Writer,
  type WriterInfo,
} from "../records/index.js";

/** A store without a disk, for tests: it keeps what the folder keeps, and forgets it with the process. */
export function memoryStore(path = "/memory"): Store {
  let header: RunHeader | null = null;
  let sample: { images: readonly SampleImage[]; rejected: readonly RejectedImage[]; facts: SampleFacts } | null = null;
  const verdicts = new Map<string, Verdict>();
  const writers: { readonly options: OpenWriterOptions; info: WriterInfo }[] = [];
  const events: AttemptEvent[] = [];

  const writtenBy = new Map<AttemptEvent, string>();

  function endedOf(model: string, passOver: ReadonlySet<string> = new Set()): readonly Ended[] {
    const ended = events
      .filter((event) => event.event === "ended")
      .filter((event) => event.model === model && !passOver.has(writtenBy.get(event) ?? ""));
    return [...new Map(ended.map(({ event: _event, ...rest }) => [`${rest.image} ${rest.attempt}`, rest])).values()];
  }

  function openWriter(options: OpenWriterOptions): Writer {
    const { index, count } = options.shard;
    const owner = writers.find(
      ({ info }) => info.state === "writing" && (info.shard.count !== count || info.shard.index === index),
    );
    if (owner !== undefined) {
      throw new UserError(`${path} is being written by process ${owner.info.pid} on ${owner.info.host}; wait for it`);
    }
    const id = `w${String(writers.length + 1).padStart(8, "0")}`;
    const entry = { options, info: describeWriter(id, options) };
    writers.push(entry);
    let attempts = 0;
    const keep = async (event: AttemptEvent) => {
      if (entry.info.state === "closed") throw new Error(`writer ${id} is closed`);
      const kept = structuredClone(event);
      events.push(kept);
      writtenBy.set(kept, id);
    };
    return {
      id,
      nextAttempt() {
        attempts += 1;
        return `${id}-${attempts}`;
      },
      tell: async () => undefined,
      asked: (asked) => keep({ event: "asked", ...asked }),
      ended: (ended) => keep({ event: "ended", ...ended }),
      async close() {
        entry.info = { ...entry.info, state: "closed", tallies: options.tallies() };
      },
    };
  }

  return {
    path,
    readHeader: async () => header,
    async writeHeader(next) {
      if (header !== null && header.run8 !== next.run8) {
        throw new UserError(`${path} already holds the run ${header.name} (${header.run8})`);
      }
      header = structuredClone(next);
    },
    async *readVerdicts() {
      yield* verdicts.values();
    },
    openGate: async () => ({
      async append(more) {
        for (const verdict of more) verdicts.set(verdict.id, structuredClone(verdict));
      },
      close: async () => undefined,
    }),
    async writePairs(_model, _parserVersion, pairs) {
      let rows = 0;
      for await (const _pair of pairs) rows += 1;
      return rows;
    },
    async writeSample({ images, rejected, facts }) {
      sample = structuredClone({ images, rejected: [...rejected], facts });
    },
    readSample: async (holds = () => true) => sample?.images.filter(({ id }) => holds(id)) ?? null,
    readRejected: async () => sample?.rejected ?? [],
    readSampleFacts: async () => sample?.facts ?? null,
    openWriter: async (options) => openWriter(options),
    writers: async (passOver) =>
      writers
        .filter(({ info }) => passOver?.has(info.writer) !== true)
        .map(({ info, options }) => (info.state === "closed" ? info : { ...info, tallies: options.tallies() })),
    async *endings(model, passOver) {
      const ended = endedOf(model, passOver);
      if (ended.length > 0) yield ended.map(toEnding);
    },
    async *attempts(model) {
      const ended = endedOf(model);
      if (ended.length > 0) yield ended;
    },
    attemptsOf: async (image, model) => {
      const found = events.filter((event) => event.image === image && event.model === model);
      return [...new Map(found.map((event) => [`${event.event} ${event.attempt}`, event])).values()];
    },
    async *batchRequests(model) {
      const asked = events.filter(({ event, endpoint }) => event === "asked" && endpoint.startsWith(BATCH_ENDPOINT));
      const ofModel = asked.filter((event) => event.model === model);
      if (ofModel.length > 0) {
        yield ofModel.map(({ image, attempt, round, key, endpoint, askedAt }) => ({
          image,
          model,
          attempt,
          round,
          key,
          endpoint,
          askedAt,
        }));
      }
    },
    async unanswered() {
      const open: Record<string, number> = {};
      const ended = new Set(events.filter(({ event }) => event === "ended").map(cellAndAttempt));
      for (const event of events) {
        const isOpen = event.event === "asked" && !ended.has(cellAndAttempt(event));
        open[event.model] = (open[event.model] ?? 0) + (isOpen ? 1 : 0);
      }
      return open;
    },
  };
}

function describeWriter(writer: string, options: OpenWriterOptions): WriterInfo {
  const now = new Date().toISOString();
  return {
    writer,
    shard: options.shard,
    host: "memory",
    bootId: null,
    pid: process.pid,
    job: null,
    startedAt: now,
    heartbeatAt: now,
    state: "writing",
    parserVersion: options.parserVersion,
    ...(options.tries === undefined ? {} : { tries: options.tries }),
    tallies: {},
  };
}

function toEnding({ image, model, attempt, round, countsAsTry, reply, fault }: Ended) {
  return {
    image,
    model,
    attempt,
    round,
    countsAsTry,
    finishReason: reply?.finishReason ?? null,
    faultKind: fault?.kind ?? null,
    promptTokens: reply?.promptTokens ?? null,
    completionTokens: reply?.completionTokens ?? null,
  };
}

function cellAndAttempt({ image, model, attempt }: AttemptEvent): string {
  return `${image} ${model} ${attempt}`;
}
