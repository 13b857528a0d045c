import { PARSER_VERSION } from "../parsing/index.js";
import type { EndpointState, Outcome, ParsedOutcome, RunHeader, SampleImage, Store, Writer } from "../records/index.js";
import { openStore } from "../store/index.js";
import { askKeys } from "./ask-key.js";
import { CellQueue } from "./cell-queue.js";
import { type DrawHooks, ensureSample, readDrawnFacts } from "./draw-images.js";
import { type DriveEnd, driveModel } from "./drive-model.js";
import { DRIVE_TIMES, type DriveTimes } from "./drive-times.js";
import type { EndpointPost } from "./endpoint-post.js";
import { endpointWires } from "./endpoint-wires.js";
import { openPictures } from "./open-pictures.js";
import { needKeys, type OpenedPosts, openPosts } from "./open-posts.js";
import type { PictureShelf } from "./picture-shelf.js";
import { type PlannedCells, planCells, splitByBudget } from "./plan-cells.js";
import { type PlannedRecipe, planRecipe } from "./plan-recipe.js";
import { endedOutcome } from "./read-ended.js";
import { type RunStatus, statusOf } from "./read-status.js";
import { type LimitSpec, RunLimits } from "./run-limits.js";
import { openShard, type Shard, WHOLE, writersElsewhere } from "./shard.js";
import { shareEndpoints } from "./share-endpoints.js";
import type { StopSwitch } from "./stop-switch.js";
import { Suspects } from "./suspects.js";
import { notGated, takeOver, takeOverShard } from "./take-over.js";
import { Tallies } from "./tally.js";
import { WasteWatch, wasteAdvice } from "./waste-alarm.js";

/** Progress is told no more often than this. */
const FRAME_MS = 100;

/** A probe costs a request; what it saves (smaller streams, pictures by file://) pays for that in a long run only. */
const PROBE_FROM_CELLS = 1_000;

export interface RunOptions {
  readonly out: string;
  /** Outcomes whose cells are asked once more. */
  readonly again: readonly Outcome[];
  /** Cells to start at most; null is all. */
  readonly limit: number | null;
  /** Time and tokens that this start may use. */
  readonly allowed?: Pick<LimitSpec, "timeMs" | "tokens">;
  /** Another `max_tokens` for the cells that `again` asks. */
  readonly maxTokens?: number | null;
  /** Go on where the waste alarm would stop. */
  readonly keepGoing: boolean;
  /** The part of the images that this process asks about; null is the whole run, whose sample it may draw. */
  readonly shard: Shard | null;
  /** Cells of a model from which its endpoints are probed before the first picture; 1,000 where left out. */
  readonly probeFromCells?: number;
  /** Waits of the drive other than the usual ones. */
  readonly times?: Partial<DriveTimes>;
  readonly say: (sentence: string) => void;
  readonly stop: StopSwitch;
  readonly onGate: DrawHooks["onProgress"];
  readonly onGated: () => void;
  readonly onProgress: DrawHooks["onProgress"];
}

export interface RunEnd {
  /** 0 done, 1 a person must put something right, 3 ended with work left. */
  readonly exitCode: 0 | 1 | 3;
  /** Null where the sample was not finished. */
  readonly status: RunStatus | null;
  /** What became of the shard's own cells; null where the run was not cut. */
  readonly shard: ShardEnd | null;
  /** Why it ended as it did, for a person. */
  readonly sentences: readonly string[];
}

/** The arithmetic of one shard: `cells` less `missing` are final. */
export interface ShardEnd extends Shard {
  readonly images: number;
  readonly cells: number;
  readonly missing: number;
}

/** The main job: draws the sample where it is not drawn yet, asks every model about every image that is missing, and ends with a sealed folder. */
export async function runRecipe(recipeFile: string, options: RunOptions): Promise<RunEnd> {
  const plan = await planRecipe(recipeFile);
  const store = await openStore(options.out, { say: options.say, seal: { ageMs: sealAgeMs(options.shard) } });
  const { shard, say } = options;
  const again = options.again.length > 0;
  const header =
    shard === null
      ? await takeOver(store, plan.header, { again, say })
      : await takeOverShard(store, plan.header, { again, say, recipeFile });
  if (shard !== null && (await readDrawnFacts(store, header)) === null) throw notGated(store, recipeFile);
  const opened = new Map<string, OpenedPosts>();
  const tallies = new Tallies(header.models.map((model) => model.name));
  const writer = await store.openWriter({
    shard: shard ?? WHOLE,
    models: header.models.map((model) => model.name),
    parserVersion: PARSER_VERSION,
    tries: Object.fromEntries(header.models.map(({ name, tries }) => [name, tries])),
    tallies: () => tallies.snapshot(),
    endpoints: () =>
      [...opened].flatMap(([model, { posts }]) => posts.map((post) => stateOf(model, post, options.stop))),
    say: options.say,
  });
  let asked: AskedAll;
  try {
    const images =
      shard === null ? await drawnImages(store, header, plan, options) : await store.readSample(await openShard(shard));
    options.onGated();
    if (images === null && shard !== null) throw notGated(store, recipeFile);
    if (images === null)
      return { exitCode: 3, status: null, shard: null, sentences: [`${options.stop.draining}; the same line goes on`] };
    asked = await askAll({ store, writer, header, images, tallies, opened }, options);
  } finally {
    await writer.close();
  }
  const status = await statusOf(store, header);
  const sentences = [...explainEmptySample(status), ...asked.ends.flatMap(({ model, end }) => explainEnd(model, end))];
  const mustAct = asked.ends.some(({ end }) => ["waste", "out", "never-answered"].includes(end.kind));
  // Where cells are asked again none is missing, and one may be left all the same.
  const wasCut = asked.ends.some(({ end }) => end.kind !== "done");
  const isDone = !wasCut && (shard === null ? status.complete : asked.standing.missing === 0);
  return {
    exitCode: mustAct ? 1 : isDone ? 0 : 3,
    status,
    shard: shard === null ? null : { ...shard, ...asked.standing },
    sentences,
  };
}

/** The whole sample, drawn now where it was not; null where the person stopped that. */
async function drawnImages(
  store: Store,
  header: RunHeader,
  plan: PlannedRecipe,
  options: RunOptions,
): Promise<readonly SampleImage[] | null> {
  // Checking pictures may take hours: a key that is not set is said before.
  if ((await readDrawnFacts(store, header)) === null) needKeys(header.models);
  const sample = await ensureSample(store, header, plan, { ...options, onProgress: options.onGate });
  return sample?.images ?? null;
}

/** Ten minutes for one writer. Many shards wait as many times longer, so that together they make no more files than one. */
function sealAgeMs(shard: Shard | null): number {
  return Math.min((shard ?? WHOLE).count * 10 * 60_000, 24 * 3_600_000);
}

interface OpenRunParts {
  readonly store: Store;
  readonly writer: Writer;
  readonly header: RunHeader;
  /** Those of this process's shard. */
  readonly images: readonly SampleImage[];
  readonly tallies: Tallies;
  /** The endpoints of each model that is being asked; for others to see. */
  readonly opened: Map<string, OpenedPosts>;
}

interface ModelEnd {
  readonly model: string;
  readonly end: DriveEnd;
}

interface AskedAll {
  readonly ends: readonly ModelEnd[];
  /** Of this process's own images. */
  readonly standing: Omit<ShardEnd, keyof Shard>;
}

/** Asks all models at once, each at its own pace. Where nothing is missing nobody is asked anything. */
async function askAll(parts: OpenRunParts, options: RunOptions): Promise<AskedAll> {
  const { store, header, images } = parts;
  const standing = { images: images.length, cells: images.length * header.models.length, missing: 0 };
  const elsewhere = await writersElsewhere(store, options.shard ?? WHOLE);
  const planned = await planCells(store, header.models, images, options.again, elsewhere);
  const plans = planned.filter((plan) => plan.cells.length > 0);
  if (plans.length === 0) return { ends: [], standing };
  const pictures = await openPictures(header, images, plans.length, options.say);
  const progress = countProgress(plans, options);
  const limits = new RunLimits(limitsOf(options, plans));
  let going = plans.length;
  try {
    const hooks: AskHooks = { ...options, limits, pictures: pictures.shelf, progress };
    const asking = plans.map(async (plan) => {
      const model = plan.model.name;
      const end = await askInTurn(parts, splitByBudget(plan, options.maxTokens ?? null), hooks).catch((error) => {
        options.stop.drain(`${model} stopped`);
        throw error;
      });
      going -= 1;
      // The others may go on for days: what this one ended with is said now, and once more at the end.
      if (going > 0 && end.kind !== "stopped") for (const sentence of explainEnd(model, end)) options.say(sentence);
      return { model, end };
    });
    // Where one fails, the replies that others have in flight are still to be written down.
    await Promise.allSettled(asking);
    const ends = await Promise.all(asking);
    return { ends, standing: { ...standing, missing: progress.missing() } };
  } finally {
    progress.end();
    await pictures.close();
  }
}

interface AskHooks extends RunOptions {
  readonly limits: RunLimits;
  readonly pictures: PictureShelf;
  readonly progress: ReturnType<typeof countProgress>;
}

/** One model's plans one after the other, until one does not simply end. */
async function askInTurn(parts: OpenRunParts, plans: readonly PlannedCells[], hooks: AskHooks): Promise<DriveEnd> {
  for (const plan of plans) {
    const end = await askModel(parts, plan, hooks);
    if (end.kind !== "done") return end;
  }
  return { kind: "done" };
}

async function askModel(parts: OpenRunParts, plan: PlannedCells, hooks: AskHooks): Promise<DriveEnd> {
  const { header, images, writer, tallies } = parts;
  const { model } = plan;
  const opened = await openPosts(model, header.prompt, {
    wires: endpointWires(parts.store.path, plan.cells.length >= (hooks.probeFromCells ?? PROBE_FROM_CELLS), hooks.say),
    say: hooks.say,
    fileMs: hooks.times?.fileMs ?? DRIVE_TIMES.fileMs,
  });
  parts.opened.set(model.name, opened);
  const stopSharing =
    (hooks.shard ?? WHOLE).count === 1 || model.concurrency !== null
      ? null
      : await shareEndpoints({
          store: parts.store,
          writer,
          model: model.name,
          posts: () => opened.posts,
          everyMs: hooks.times?.shareMs ?? DRIVE_TIMES.shareMs,
        });
  const before = new Map<number, ParsedOutcome>(plan.asksAnew);
  const suspects = new Suspects(plan.deaths);
  try {
    return await driveModel({
      model,
      endpoints: opened,
      times: { ...DRIVE_TIMES, ...hooks.times },
      say: hooks.say,
      images,
      queue: new CellQueue(suspects.setApart(plan.cells)),
      suspects,
      tries: plan.tries,
      writer,
      run8: header.run8,
      keyOf: askKeys(model, header.prompt),
      pictures: hooks.pictures,
      parse: (ended) => endedOutcome(ended, model.dialect),
      limits: hooks.limits,
      watch: hooks.keepGoing || hooks.again.length > 0 ? null : new WasteWatch(),
      stop: hooks.stop,
      onEnded: (ended) => {
        tallies.countAttempt(ended);
        hooks.progress.ended(ended.reply?.completionTokens ?? 0, ended.fault !== null);
      },
      onSettled: ({ position, parsed }) => {
        const was = before.get(position) ?? null;
        // A reply that was asked anew and failed leaves its old record in place.
        if (was === null || parsed.outcome !== "failed") tallies.countOutcome(model.name, was, parsed.outcome);
        before.delete(position);
        hooks.progress.settled(was === null);
      },
    });
  } finally {
    parts.opened.delete(model.name);
    await stopSharing?.();
    await opened.stop();
  }
}

function stateOf(model: string, post: EndpointPost, stop: StopSwitch): EndpointState {
  const { teacher, inFlight, limit, faults, out, trouble, role } = post;
  // Whoever starts no more here must not be the one that looks for the limit of others.
  const takesPart = role !== undefined && out === null && !post.isLeaving && !post.needsLook && stop.draining === null;
  return {
    model,
    endpoint: teacher.endpoint,
    inFlight,
    limit: limit.limit,
    why: out ?? trouble ?? limit.why,
    tokensPerSecond: post.tokensPerSecond(),
    faults: { ...faults },
    isOut: out !== null,
    ...(takesPart ? { role } : {}),
  };
}

function limitsOf(options: RunOptions, plans: readonly PlannedCells[]): LimitSpec {
  return {
    cells: options.limit,
    timeMs: options.allowed?.timeMs ?? null,
    tokens: options.allowed?.tokens ?? null,
    mostTokens: Object.fromEntries(
      plans.map(({ model }) => [model.name, Math.max(Number(model.sampling.max_tokens), options.maxTokens ?? 0)]),
    ),
  };
}

function countProgress(plans: readonly PlannedCells[], options: RunOptions) {
  const total = plans.reduce((sum, plan) => sum + plan.cells.length + plan.final, 0);
  let done = plans.reduce((sum, plan) => sum + plan.final, 0);
  let missing = plans.reduce((sum, plan) => sum + plan.cells.length - plan.asksAnew.size, 0);
  let tokens = 0;
  let faults = 0;
  const startedAt = performance.now();
  let shownAt = Number.NEGATIVE_INFINITY;
  let later: NodeJS.Timeout | null = null;
  // Words for a person; at a thousand replies a second they would cost more than the replies.
  const show = () => {
    if (performance.now() - shownAt >= FRAME_MS || done === total) tell();
    // The last of a burst is told a moment later: nothing may follow it for minutes.
    else later ??= setTimeout(tell, FRAME_MS).unref();
  };
  const tell = () => {
    if (later !== null) clearTimeout(later);
    later = null;
    shownAt = performance.now();
    const seconds = (shownAt - startedAt) / 1000;
    const facts = [`${Math.round(tokens / Math.max(seconds, 0.001)).toLocaleString("en-US")} tokens/s`];
    if (faults > 0) facts.push(`${faults} faults`);
    options.onProgress({ done, total, facts });
  };
  show();
  return {
    missing: () => missing,
    end: tell,
    ended(completionTokens: number, isFault: boolean) {
      tokens += completionTokens;
      if (isFault) faults += 1;
      show();
    },
    settled(wasMissing: boolean) {
      done += 1;
      if (wasMissing) missing -= 1;
      show();
    },
  };
}

/** A sentence where the gate let no picture through: such a run is complete, and holds nothing. */
function explainEmptySample({ images, rejected }: RunStatus): string[] {
  const reasons = Object.entries(rejected);
  if (images > 0 || reasons.length === 0) return [];
  const why = reasons.map(([reason, count]) => `${reason} ${count.toLocaleString("en-US")}`).join(", ");
  return [
    `nothing was asked: every picture was turned away (${why}); \`imagenet-think images RECIPE\` says why of each`,
  ];
}

/** A sentence for a person where a model's part did not simply end. */
function explainEnd(name: string, end: DriveEnd): string[] {
  switch (end.kind) {
    case "done":
      return [];
    case "stopped":
      return [`${name}: ${end.why}; the same line goes on where it stopped`];
    case "out":
      return [`${name}: no endpoint is left that may be asked: ${end.why}`];
    case "never-answered":
      return [
        `${name}: no endpoint answered: ${end.why}; check that the server runs and that the URL is right (it ends in /v1)`,
      ];
    case "gone":
      return [`${name}: its endpoints are gone: ${end.why}; the same line goes on when they are back`];
    case "waste": {
      const text = end.sample.reply?.content ?? end.sample.reply?.reasoning ?? end.sample.fault?.message ?? "";
      const { alarm } = end;
      const commonest = alarm.reason === null ? alarm.outcome : `${alarm.outcome} (${alarm.reason})`;
      return [
        `${name}: asking stopped, the last ${alarm.replies} replies are of no use, most are ${commonest}: ${wasteAdvice(alarm)}; --keep-going goes on all the same`,
        `a sample, ${end.sample.image}: ${JSON.stringify(text.slice(0, 300))}`,
      ];
    }
  }
}
