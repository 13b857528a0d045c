import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AS_IS, DecodeError, ImageChangedError } from "../images/index.js";
import { PARSER_VERSION } from "../parsing/index.js";
import { renderMessages } from "../prompts/index.js";
import {
  type Asked,
  BATCH_ENDPOINT,
  type ModelSpec,
  type PreparedPicture,
  type RunHeader,
  type SampleImage,
  type Store,
  type Writer,
} from "../records/index.js";
import { renderBatchLine } from "../teachers/index.js";
import { askKey } from "./ask-key.js";
import { type BatchFile, openBatchCutter } from "./batch-cutter.js";
import type { QueuedCell } from "./cell-queue.js";
import { openPictures } from "./open-pictures.js";
import { needImages, openRun } from "./open-run.js";
import { planCells } from "./plan-cells.js";
import { WHOLE } from "./shard.js";
import type { StopSwitch } from "./stop-switch.js";
import { chooseModels } from "./stream-pairs.js";
import { Tallies } from "./tally.js";

export interface WriteBatchOptions {
  /** Folder for the files, made where it does not exist. */
  readonly to: string;
  /** The recipe's name of the model to ask; null is all. */
  readonly model: string | null;
  /** Lines and bytes of one file at most. */
  readonly maxLines: number;
  readonly maxBytes: number;
  /** Give the server a `file://` address where it can send the file as it is. */
  readonly fileUrls: boolean;
  readonly say: (sentence: string) => void;
  readonly stop: StopSwitch;
  readonly onProgress: (standing: { done: number; total: number | null; facts?: readonly string[] }) => void;
}

export interface BatchWritten {
  readonly files: readonly BatchFile[];
  /** Requests in these files. */
  readonly requests: number;
  /** Cells whose picture is no longer what the gate saw; they are `failed` now. */
  readonly imageChanged: number;
  /** Of the requests: pictures by address, the others being in the line itself. */
  readonly byFileUrl: number;
  /** Of the requests: asked in an earlier batch file too, whose result was never read. */
  readonly askedBefore: number;
  /** Missing cells that were not reached because a person stopped the cutting. */
  readonly left: number;
}

/** Pictures made ready ahead of the line that is being written. */
const AHEAD = 8;

/**
 * Cuts the missing cells of a run into OpenAI batch files, one model a file. Every request has its `asked` line in the
 * ledger before its file has its name, so a result always finds its cell; a kill leaves no half file under a final name.
 */
export async function writeBatch(folder: string, options: WriteBatchOptions): Promise<BatchWritten> {
  const run = await openRun(folder, options.say);
  const { store, header, images } = run;
  const models = chooseModels(header.models, options.model);
  await needImages(run, folder);
  const tallies = new Tallies(models.map(({ name }) => name));
  const writer = await store.openWriter({
    shard: WHOLE,
    models: models.map(({ name }) => name),
    parserVersion: PARSER_VERSION,
    tallies: () => tallies.snapshot(),
    say: options.say,
  });
  const cutter = await openBatchCutter({
    ...options,
    to: resolve(options.to),
    run8: header.run8,
    writer: writer.id,
  }).catch(async (error: unknown) => {
    await writer.close();
    throw error;
  });
  const counts = { imageChanged: 0, byFileUrl: 0, askedBefore: 0, left: 0 };
  try {
    const plans = await planCells(store, models, images, []);
    const total = plans.reduce((sum, plan) => sum + plan.cells.length, 0);
    let done = 0;
    // One model after the other: none asks for a picture that another has just had.
    const pictures = await openPictures(header, images, 1, options.say);
    try {
      for (const { model, cells } of plans) {
        const unread = await cellsInUnreadBatches(store, model);
        for await (const { cell, image, picture } of ready(cells, images, pictures.shelf.take)) {
          if (options.stop.draining !== null) break;
          const asked = askedRecord(header, model, cell, image, writer);
          if (picture instanceof Error) {
            await recordChanged(writer, asked, picture, tallies);
            counts.imageChanged += 1;
          } else {
            const url = options.fileUrls ? fileUrlOf(header, image) : null;
            const line = renderLine(header, model, asked, url ?? dataUrl(picture));
            const file = await cutter.room(model.name, line.length, asked.image);
            await writer.asked({ ...asked, endpoint: `${BATCH_ENDPOINT}${file}` });
            await cutter.add(line);
            if (url !== null) counts.byFileUrl += 1;
            if (unread.has(image.id)) counts.askedBefore += 1;
          }
          done += 1;
          options.onProgress({ done, total });
        }
      }
      counts.left = total - done;
    } finally {
      await pictures.close();
    }
    await cutter.endFile();
  } catch (error) {
    await cutter.discard();
    await writer.close();
    throw error;
  }
  // The ledger is on disk before any file can be handed to a server.
  await writer.close();
  const files = await cutter.publish();
  return { files, requests: files.reduce((sum, file) => sum + file.lines, 0), ...counts };
}

interface ReadyCell {
  readonly cell: QueuedCell;
  readonly image: SampleImage;
  /** The error where the picture is gone or another. */
  readonly picture: PreparedPicture | ImageChangedError | DecodeError;
}

/** The cells in order, each with its picture, some of them made ready ahead. */
async function* ready(
  cells: readonly QueuedCell[],
  images: readonly SampleImage[],
  take: (image: SampleImage) => Promise<PreparedPicture>,
): AsyncGenerator<ReadyCell> {
  const prepare = async (cell: QueuedCell): Promise<ReadyCell> => {
    const image = images[cell.position];
    if (image === undefined) throw new Error(`no image at place ${cell.position} of the sample`);
    const picture = await take(image).catch((error: unknown) => {
      if (error instanceof ImageChangedError || error instanceof DecodeError) return error;
      throw error;
    });
    return { cell, image, picture };
  };
  const ahead: Promise<ReadyCell>[] = [];
  for (const cell of cells) {
    const next = prepare(cell);
    // Whoever awaits it deals with its error; one that fails while another is written must not end the process.
    next.catch(() => undefined);
    ahead.push(next);
    const first = ahead.length > AHEAD ? ahead.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const rest of ahead) yield await rest;
}

function askedRecord(header: RunHeader, model: ModelSpec, cell: QueuedCell, image: SampleImage, writer: Writer): Asked {
  return {
    image: image.id,
    model: model.name,
    attempt: writer.nextAttempt(),
    round: cell.round,
    key: askKey(image, model, header.prompt),
    endpoint: BATCH_ENDPOINT,
    askedAt: new Date().toISOString(),
  };
}

function renderLine(header: RunHeader, model: ModelSpec, asked: Asked, imageUrl: string): Buffer {
  return renderBatchLine({
    customId: `${asked.image}/${asked.model}/${asked.attempt}/${header.run8}`,
    model: model.model,
    body: model.sampling,
    messages: renderMessages(header.prompt, model.system, imageUrl),
  });
}

function dataUrl({ base64, mime }: PreparedPicture): string {
  return `data:${mime};base64,${base64.toString("latin1")}`;
}

/** The address of a file that goes out as it is; null for what lies in an archive or must be made plain. */
function fileUrlOf(header: RunHeader, image: SampleImage): string | null {
  const source = header.images[image.locator.source];
  if (source?.source !== "folder" || image.preparation !== AS_IS) return null;
  return pathToFileURL(join(source.path, image.locator.path)).href;
}

async function recordChanged(writer: Writer, asked: Asked, error: Error, tallies: Tallies): Promise<void> {
  const ended = {
    ...asked,
    firstTokenAt: null,
    endedAt: new Date().toISOString(),
    status: null,
    reply: null,
    fault: { kind: "image-changed", message: error.message, body: null },
    countsAsTry: true,
    preparedSha256: null,
  } as const;
  await writer.ended(ended);
  tallies.countAttempt(ended);
  tallies.countOutcome(asked.model, null, "failed");
}

/** Images with a request of this model in a batch file whose result was never read. */
async function cellsInUnreadBatches(store: Store, model: ModelSpec): Promise<ReadonlySet<string>> {
  const open = new Map<string, string>();
  for await (const asked of store.batchRequests(model.name))
    for (const each of asked) open.set(each.attempt, each.image);
  if (open.size > 0) {
    for await (const rows of store.endings(model.name)) for (const row of rows) open.delete(row.attempt);
  }
  return new Set(open.values());
}
