import { createHash } from "node:crypto";
import { basename } from "node:path";
import { promptNamed } from "../prompts/index.js";
import {
  type Ended,
  keyOf,
  type ModelSpec,
  type Reply,
  RUN_FORMAT_VERSION,
  type RunHeader,
  type SampleImage,
  type SourceSpec,
  TOOL_VERSION,
} from "../records/index.js";
import type { ReleasedSet } from "./released-set.js";

/** A text of the set as an attempt that ended: how and when it really did is not known. */
export function importedAttempt(
  image: SampleImage,
  model: ModelSpec,
  prompt: RunHeader["prompt"],
  text: string,
  attempt: string,
): Ended {
  const now = new Date().toISOString();
  const question = {
    imageSha256: image.sha256,
    preparation: image.preparation,
    prompt: { text: prompt.text, system: prompt.system, imageFirst: prompt.imageFirst },
    model: model.model,
    revision: null,
    sampling: {},
    sampleIndex: 0,
  };
  const reply: Reply = {
    content: text,
    reasoning: null,
    reasoningField: null,
    finishReason: "imported",
    promptTokens: null,
    completionTokens: null,
    model: null,
    id: null,
  };
  return {
    image: image.id,
    model: model.name,
    attempt,
    round: 0,
    key: keyOf(question),
    endpoint: model.model,
    askedAt: now,
    firstTokenAt: null,
    endedAt: now,
    status: null,
    reply,
    fault: null,
    countsAsTry: false,
    preparedSha256: null,
  };
}

/** The head of a run made from the set, with the paper's prompt. */
export function importedHeader(path: string, set: ReleasedSet, models: readonly ModelSpec[]): RunHeader {
  const spec: SourceSpec = { source: "parquet", path, credits: null };
  const name = basename(path).replace(/\.parquet$/i, "");
  return {
    formatVersion: RUN_FORMAT_VERSION,
    toolVersion: TOOL_VERSION,
    name,
    run8: createHash("sha256")
      .update(`import/${name}/${set.rows}/${set.files.join("/")}`)
      .digest("hex")
      .slice(0, 8),
    createdAt: new Date().toISOString(),
    images: set.hasPictures ? [spec] : [],
    classes: { list: "all", count: null, sha256: null },
    people: "review",
    // The set was gated by those who made it: whatever decodes is taken.
    gate: { minSide: 1, maxPixels: 4096 * 4096, blur: null, blank: null },
    sample: null,
    prompt: promptNamed("imagenet-think"),
    models,
    wordnet: { version: "3.0", folder: null },
    licence: null,
  };
}
