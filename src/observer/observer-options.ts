import { type ClassEntry, type DialectName, UsageError } from "../records/index.js";

export const OBSERVER_DIALECTS = ["glm", "kimi", "think-tags", "opener-in-template", "boxed", "plain"] as const;
export type ObserverDialect = (typeof OBSERVER_DIALECTS)[number] & DialectName;

/** `steady` is GLM's even prose, `hesitant` Kimi's thinking aloud, `terse` short notes in other words. */
export const VOICES = ["steady", "hesitant", "terse"] as const;
export type Voice = (typeof VOICES)[number];

/** What a broken reply looks like: no thinking, thinking without its closer, the text without any tag, nothing. */
export const BREAKAGES = ["no-think", "unclosed", "tags-stripped", "empty"] as const;
export type Breakage = (typeof BREAKAGES)[number];

/** Decoded pixels: RGB, 8 bits a channel, upright. `sourceWidth` and `sourceHeight` are the size before scaling, where known. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly sourceWidth?: number;
  readonly sourceHeight?: number;
}

/** Decodes the bytes of a picture to at most `maxSide` pixels a side. Throws where they are no picture. */
export type DecodePicture = (bytes: Buffer, maxSide: number) => Promise<DecodedPicture>;

export interface ObserverOptions {
  readonly decode: DecodePicture;
  /** WordNet, or anything that answers like it; null for an id it does not know. */
  readonly describe: (wnid: string) => ClassEntry | null;
  /** One of `OBSERVER_DIALECTS`. */
  readonly dialect: string;
  /** 0 or left out: any free port. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** The name it serves. Default `observer-<dialect>`. */
  readonly model?: string | undefined;
  /** One of `VOICES`. Default `hesitant` for `kimi`, else `steady`. */
  readonly voice?: string | undefined;
  /** Where set, `/v1/…` asks for it as a bearer token. */
  readonly apiKey?: string | undefined;
  /** The folder below which `file://` pictures are read; left out: none are. */
  readonly allowedFolder?: string | undefined;
  /** Mean time to the first token in milliseconds; each reply waits between half and one and a half of it. Default 0. */
  readonly latencyMs?: number | undefined;
  /** Default: as fast as the socket takes them. */
  readonly tokensPerSecond?: number | undefined;
  /** How many requests are worked on at once; the others wait. Default 256. */
  readonly slots?: number | undefined;
  /** How many may wait; one more is a 503. Default: no limit. */
  readonly maxQueue?: number | undefined;
  /** How replies misbehave, for drills: one of `BREAKAGES`. */
  readonly broken?: string | undefined;
  /** The share of broken replies, 0…1, drawn by picture, model and seed. Default 1 where `broken` is set. */
  readonly brokenShare?: number | undefined;
  /** The share of requests that get a 500, 0…1, drawn by picture, model, seed and request id, so that asking again can succeed. */
  readonly faultShare?: number | undefined;
  /** A file that gains one JSON line a chat request: `requestId`, `status`, `finish`. */
  readonly logFile?: string | undefined;
}

/** The options with every default filled in. */
export interface Settings {
  readonly decode: DecodePicture;
  readonly describe: (wnid: string) => ClassEntry | null;
  readonly dialect: ObserverDialect;
  readonly port: number;
  readonly host: string;
  readonly model: string;
  readonly voice: Voice;
  readonly apiKey: string | null;
  readonly allowedFolder: string | null;
  readonly latencyMs: number;
  readonly tokensPerSecond: number;
  readonly slots: number;
  readonly maxQueue: number;
  readonly broken: Breakage | null;
  readonly brokenShare: number;
  readonly faultShare: number;
  readonly logFile: string | null;
  /** The longest prompt and reply together, in tokens. */
  readonly maxModelLen: number;
}

/** Fills in the defaults. Throws a `UsageError` that names the option whose value cannot be meant. */
export function settle(options: ObserverOptions): Settings {
  const dialect = oneOf("dialect", options.dialect, OBSERVER_DIALECTS);
  if (options.brokenShare !== undefined && options.broken === undefined) {
    throw new UsageError(`brokenShare: has no effect without broken; name one of ${BREAKAGES.join(", ")}`);
  }
  return {
    decode: options.decode,
    describe: options.describe,
    dialect,
    port: inRange("port", options.port ?? 0, 0, 65535),
    host: options.host ?? "127.0.0.1",
    model: options.model ?? `observer-${dialect}`,
    voice: oneOf("voice", options.voice, VOICES) ?? (dialect === "kimi" ? "hesitant" : "steady"),
    apiKey: options.apiKey ?? null,
    allowedFolder: options.allowedFolder ?? null,
    latencyMs: inRange("latencyMs", options.latencyMs ?? 0, 0, 3_600_000),
    tokensPerSecond: inRange("tokensPerSecond", options.tokensPerSecond ?? Number.POSITIVE_INFINITY, 0.01),
    slots: inRange("slots", options.slots ?? 256, 1),
    maxQueue: inRange("maxQueue", options.maxQueue ?? Number.POSITIVE_INFINITY, 0),
    broken: oneOf("broken", options.broken, BREAKAGES) ?? null,
    brokenShare: inRange("brokenShare", options.brokenShare ?? 1, 0, 1),
    faultShare: inRange("faultShare", options.faultShare ?? 0, 0, 1),
    logFile: options.logFile ?? null,
    maxModelLen: 131_072,
  };
}

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T;
function oneOf<T extends string>(name: string, value: string | undefined, known: readonly T[]): T | undefined;
function oneOf<T extends string>(name: string, value: string | undefined, known: readonly T[]): T | undefined {
  const found = known.find((one) => one === value);
  if (value !== undefined && found === undefined) {
    throw new UsageError(`${name}: "${value}" is not one of ${known.join(", ")}`);
  }
  return found;
}

function inRange(name: string, value: number, least: number, most = Number.POSITIVE_INFINITY): number {
  if (value >= least && value <= most) return value;
  const range = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(`${name}: ${value} is not a number ${range}`);
}
