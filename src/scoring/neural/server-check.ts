import { UserError } from "../../records/index.js";
import type { CodedText } from "./text-coder.js";

/** Texts that are encoded both ways before a server is believed. */
export const CHECKED_TEXTS = 16;
/** What two ways of computing in float32 may differ by. */
export const SERVER_TOLERANCE = 1e-5;
/** Cosine down to which two vectors differ by half precision alone (measured: bfloat16, 2 layers, 0.99996). */
const HALF = 0.9999;
/** Below it they are of another layer or model; between, a deep model in half precision cannot be told from a near layer. */
const KIN = 0.995;

export interface ServerCheckOptions {
  /** `--sbert-server` or `--bertscore-server`. */
  readonly flag: string;
  readonly width: number;
  readonly tolerance: number;
  /** What to try where the vectors are of another layer or model. */
  readonly remedy: string;
  readonly local: (ids: Int32Array) => Promise<Float32Array>;
  readonly remote: (ids: Int32Array) => Promise<Float32Array>;
  /** Called once, with what the server managed on the texts it was checked with. */
  readonly measured: (speed: ServerSpeed) => void;
}

export interface ServerSpeed {
  readonly textsPerSecond: number;
  readonly bytesPerText: number;
}

/** Holds a server to the folder: gives a function to await before any of its vectors is used. */
export function createServerCheck(options: ServerCheckOptions): (texts: readonly CodedText[]) => Promise<void> {
  const checked = new Set<string>();
  let last: Promise<void> = Promise.resolve();
  const check = async (texts: readonly CodedText[]) => {
    const fresh = new Map<string, CodedText>();
    for (const text of texts) {
      if (checked.size + fresh.size >= CHECKED_TEXTS) break;
      if (!checked.has(text.key)) fresh.set(text.key, text);
    }
    if (fresh.size === 0) return;
    const first = checked.size === 0;
    const chosen = [...fresh.values()];
    const start = performance.now();
    const remote = await Promise.all(chosen.map(({ ids }) => options.remote(ids)));
    const seconds = (performance.now() - start) / 1000;
    const local = await Promise.all(chosen.map(({ ids }) => options.local(ids)));
    for (const [place, text] of chosen.entries()) {
      compareVectors(options, text, local[place] ?? new Float32Array(0), remote[place] ?? new Float32Array(0));
      checked.add(text.key);
    }
    if (!first) return;
    // Base64 takes four characters for three bytes.
    const bytes = remote.reduce((sum, vectors) => sum + (vectors.byteLength * 4) / 3, 0);
    options.measured({ textsPerSecond: chosen.length / seconds, bytesPerText: bytes / chosen.length });
  };
  return (texts) => {
    if (checked.size >= CHECKED_TEXTS) return Promise.resolve();
    last = last.then(() => check(texts));
    return last;
  };
}

function compareVectors(options: ServerCheckOptions, text: CodedText, local: Float32Array, remote: Float32Array): void {
  const { flag, width } = options;
  if (local.length !== remote.length) {
    throw new UserError(
      `${flag}: for a text of ${text.ids.length} tokens the server gave ${remote.length} numbers and the folder ${local.length}; it serves another model, or one vector a text where one a token is wanted: ${options.remedy}`,
    );
  }
  let worst = 0;
  let nearest = 1;
  for (let at = 0; at < local.length; at += width) {
    const [a, b] = [unit(local.subarray(at, at + width)), unit(remote.subarray(at, at + width))];
    let cosine = 0;
    for (let place = 0; place < width; place++) {
      const [x, y] = [a[place] as number, b[place] as number];
      worst = Math.max(worst, Math.abs(x - y));
      cosine += x * y;
    }
    nearest = Math.min(nearest, cosine);
  }
  if (worst <= options.tolerance) return;
  const half = "it computes in half precision, most likely: serve it with --dtype float32";
  const other = `it gives another layer, pooling or model: ${options.remedy}`;
  const cause = nearest > HALF ? half : nearest > KIN ? `${half}; or ${other}` : other;
  throw new UserError(
    `${flag}: the server's vectors differ from the folder's by ${worst.toExponential(1)} (at most ${options.tolerance} is allowed); ${cause}; or accept it as another metric with --server-tolerance`,
  );
}

/** The vector at length 1; one of length 0 as it is. */
export function unit(vector: Float32Array): Float64Array {
  const length = Math.max(Math.hypot(...vector), 1e-12);
  return Float64Array.from(vector, (value) => value / length);
}
