import type {
  Asked,
  Ended,
  ModelTally,
  OpenWriterOptions,
  Reply,
  RunHeader,
  SampleImage,
  Verdict,
} from "../records/index.js";

const NOON = "2026-01-02T12:00:00.000Z";

/** The head of a run of one teacher, `glm`. */
export function makeHeader(change: Partial<RunHeader> = {}): RunHeader {
  return {
    formatVersion: 1,
    toolVersion: "0.1.0",
    name: "made-up",
    run8: "0123abcd",
    createdAt: NOON,
    images: [{ source: "folder", path: "/pictures", credits: null }],
    classes: { list: "all", count: null, sha256: null },
    people: "review",
    gate: { minSide: 224, maxPixels: 16_777_216, blur: null, blank: null },
    sample: { size: null, perClass: 2, seed: 1 },
    prompt: { name: "custom", version: 1, text: "What is this?", system: null, imageFirst: true },
    models: [],
    wordnet: { version: "3.0", folder: null },
    licence: null,
    ...change,
  };
}

export function makeSampleImage(number: number, change: Partial<SampleImage> = {}): SampleImage {
  const id = `n02123045_${number}`;
  return {
    id,
    class: "n02123045",
    fileName: `n02123045/${id}.JPEG`,
    locator: { source: 0, path: `n02123045/${id}.JPEG` },
    sha256: number.toString(16).padStart(64, "0"),
    checksum: number.toString(16).padStart(32, "0"),
    bytes: 100_000 + number,
    format: "jpeg",
    width: 500,
    height: 375,
    preparation: "as-is/1",
    made: [],
    measures: { sharpness: 0.1 + number, contrast: 52.25 },
    weight: 53.5,
    review: false,
    ...change,
  };
}

export function makeVerdict(number: number, change: Partial<Verdict> = {}): Verdict {
  const { id, class: name, fileName, locator, weight: _weight, review: _review, ...facts } = makeSampleImage(number);
  return { id, class: name, fileName, locator, accepted: facts, rejected: null, ...change };
}

export function makeReply(content: string | null, change: Partial<Reply> = {}): Reply {
  return {
    content,
    reasoning: null,
    reasoningField: null,
    finishReason: "stop",
    promptTokens: 700,
    completionTokens: 40,
    model: "zai-org/GLM-4.1V-9B-Thinking",
    id: "chatcmpl-1",
    ...change,
  };
}

export function makeAsked(image: string, attempt: string, change: Partial<Asked> = {}): Asked {
  return {
    image,
    model: "glm",
    attempt,
    round: 0,
    key: "ab".repeat(32),
    endpoint: "http://127.0.0.1:8000/v1",
    askedAt: NOON,
    ...change,
  };
}

/** An attempt that ended well, with a short reply. */
export function makeEnded(image: string, attempt: string, change: Partial<Ended> = {}): Ended {
  return {
    ...makeAsked(image, attempt),
    firstTokenAt: "2026-01-02T12:00:01.000Z",
    endedAt: "2026-01-02T12:00:02.000Z",
    status: 200,
    reply: makeReply("<think>Stripes.</think><answer>A tabby.</answer>"),
    fault: null,
    countsAsTry: false,
    preparedSha256: "cd".repeat(32),
    ...change,
  };
}

export function makeTally(answered: number, attempts: number = answered): ModelTally {
  return {
    outcomes: { answered, truncated: 0, unparsed: 0, refused: 0, failed: 0 },
    attempts,
    promptTokens: 700 * attempts,
    completionTokens: 40 * attempts,
    faults: {},
  };
}

/** Options of a lone writer of `glm` that counts nothing. */
export function makeWriterOptions(change: Partial<OpenWriterOptions> = {}): OpenWriterOptions {
  return {
    shard: { index: 0, count: 1 },
    models: ["glm"],
    parserVersion: "1",
    tallies: () => ({}),
    say: () => undefined,
    ...change,
  };
}

export async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
