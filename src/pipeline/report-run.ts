import { join, resolve } from "node:path";
import { type ReportData, type ReportPicture, renderReport } from "../analysis/index.js";
import { openClassTree, openDecodePool, openSeededOrder } from "../images/index.js";
import { type ClassTree, type SampleImage, TOOL_VERSION } from "../records/index.js";
import { putFile } from "../store/index.js";
import { type OpenedRun, openRun } from "./open-run.js";
import { isObserved } from "./outgoing-rows.js";
import { statusOf } from "./read-status.js";
import { readScoreSummary } from "./score-summary-file.js";
import { cellsByImage, type ReadCell } from "./stream-pairs.js";

/** Pixels of the longer side of a picture on the page. */
const THUMBNAIL_SIDE = 480;
const SELECTION_SEED = 1;

export interface ReportOptions {
  /** Where the page goes; null is `reports/report.html` in the run. */
  readonly to: string | null;
  /** How many pictures to show at most. */
  readonly count: number;
  /** Whether small pictures are put in. */
  readonly thumbnails: boolean;
  readonly say: (sentence: string) => void;
}

/** Writes the page of a run, finished or not, and gives its path. The same run gives the same page. */
export async function reportRun(folder: string, options: ReportOptions): Promise<string> {
  const run = await openRun(folder, options.say);
  const to = resolve(options.to ?? join(run.store.path, "reports", "report.html"));
  const chosen = await choose(run.images, options.count);
  const page = renderReport(await collect(run, chosen, options));
  await putFile(to, page);
  return to;
}

/** A seeded selection, in sample order, that does not change while the sample stays. */
async function choose(images: readonly SampleImage[], count: number): Promise<readonly SampleImage[]> {
  if (images.length <= count) return images;
  const order = await openSeededOrder(SELECTION_SEED);
  const ranks = order.order(images.length, (position) => images[position]?.id ?? "");
  const positions = [...ranks.slice(0, count)].sort((a, b) => a - b);
  return positions.flatMap((position) => images[position] ?? []);
}

async function collect(run: OpenedRun, chosen: readonly SampleImage[], options: ReportOptions): Promise<ReportData> {
  const { store, header, images } = run;
  const status = await statusOf(store, header);
  const { pictures, observed } = await collectPictures(run, chosen, options);
  const facts = await store.readSampleFacts();
  return {
    name: header.name,
    run8: header.run8,
    toolVersion: TOOL_VERSION,
    createdAt: header.createdAt,
    prompt: header.prompt,
    images: images.length,
    models: header.models.flatMap((model) => {
      const row = status.models[model.name];
      if (row === undefined) return [];
      const { attempts, promptTokens, completionTokens, answered, truncated, unparsed, refused, failed, missing } = row;
      return {
        name: model.name,
        role: model.role,
        model: model.model,
        revision: model.revision,
        observer: isObserved(model) || observed.has(model.name),
        outcomes: { answered, truncated, unparsed, refused, failed, missing },
        attempts,
        promptTokens,
        completionTokens,
      };
    }),
    sample: facts,
    selection: { seed: chosen.length < images.length ? SELECTION_SEED : null },
    pictures,
    scores: await readScoreSummary(run),
    withPictures: options.thumbnails,
  };
}

async function collectPictures(
  run: OpenedRun,
  chosen: readonly SampleImage[],
  options: ReportOptions,
): Promise<{ readonly pictures: readonly ReportPicture[]; readonly observed: ReadonlySet<string> }> {
  const { store, header } = run;
  const tree = await openClassTree(header.wordnet.folder);
  const pool = options.thumbnails ? openDecodePool({ sources: header.images, gate: header.gate }) : null;
  try {
    // Asked for at once, so that every core makes some; the order is that of the sample.
    const thumbnails = chosen.map((image) =>
      pool === null || image.sha256 === ""
        ? Promise.resolve(null)
        : pool.thumbnail(image, THUMBNAIL_SIDE).then(toDataUrl, (error: unknown) => {
            options.say(`no small picture of ${image.id}: ${(error as Error).message}`);
            return null;
          }),
    );
    const pictures: ReportPicture[] = [];
    const observed = new Set<string>();
    for await (const cells of cellsByImage(store, header.models, chosen)) {
      const image = chosen[pictures.length];
      if (image === undefined) break;
      for (const { pair, observer } of cells) if (observer) observed.add(pair.model);
      const thumbnail = (await thumbnails[pictures.length]) ?? null;
      pictures.push(toPicture(image, cells, tree, thumbnail));
    }
    return { pictures, observed };
  } finally {
    await pool?.close();
  }
}

function toPicture(
  image: SampleImage,
  cells: readonly ReadCell[],
  tree: ClassTree,
  thumbnail: string | null,
): ReportPicture {
  const entry = image.class === null ? null : tree.describe(image.class);
  return {
    id: image.id,
    fileName: image.fileName,
    class: image.class,
    lemma: entry?.lemmas[0] ?? null,
    gloss: entry?.gloss ?? null,
    width: image.width,
    height: image.height,
    bytes: image.bytes,
    format: image.format,
    made: image.made,
    review: image.review,
    thumbnail,
    cells: cells.map((cell) => cell.pair),
  };
}

function toDataUrl(jpeg: Buffer): string {
  return `data:image/jpeg;base64,${jpeg.toString("base64")}`;
}
