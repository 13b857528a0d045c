import { basename, dirname, join, resolve } from "node:path";
import { exporterNamed, type FoundExport, mediaPath, readExport, writeExport } from "../export/index.js";
import { detectSource } from "../images/index.js";
import {
  type Exporter,
  type ExportImage,
  type ExportInput,
  type ExportRow,
  type ImageId,
  SOURCE_KINDS,
  suggestName,
  UsageError,
  UserError,
} from "../records/index.js";
import { type CheckHooks, checkPictures, type Fates, type PictureFate } from "./check-pictures.js";
import { findPlaces, type Place } from "./find-pictures.js";
import { joinedCard } from "./joined-card.js";
import { openPictureStage, type PictureStage } from "./picture-stage.js";
import type { StopSwitch } from "./stop-switch.js";

const NAMED = 10;

export interface JoinOptions extends CheckHooks {
  /** The user's own copy of the pictures. */
  readonly pictures: string;
  /** Null is found out. */
  readonly source: string | null;
  /** Null only checks. */
  readonly to: string | null;
  readonly say: (sentence: string) => void;
}

export interface JoinReport {
  /** Pictures of the export; the four below add up to it. */
  readonly pictures: number;
  readonly found: number;
  readonly missing: number;
  readonly changed: number;
  readonly unreadable: number;
  /** Found where the paths of the export point, so that a trainer can be pointed at the folder as it is. */
  readonly inPlace: number;
  /** The first ones that are not there. */
  readonly first: readonly { readonly image: ImageId; readonly fileName: string; readonly fate: PictureFate }[];
  /** The joined export; null where it was only checked, or stopped. */
  readonly folder: string | null;
  readonly rows: number;
  /** Pictures left out because a row holds the pairs of all teachers and this one lacks some. */
  readonly incomplete: number;
  readonly stopped: boolean;
}

/**
 * Puts the pictures of a pixel-free export back from the user's own copy, each checked against its hash, or only
 * checks. Rows whose picture is not there, or has other bytes, are left out and counted, and listed in `missing.jsonl`.
 * Pictures that were checked wait beside the new folder until all are there, so a second start goes on from them.
 */
export async function joinExport(folder: string, options: JoinOptions): Promise<JoinReport> {
  const found = await readExport(folder);
  const exporter = exporterNamed(found.manifest.format);
  checkRequest(folder, found, options);
  const kind = options.source === null ? await detectSource(options.pictures) : namedKind(options.source);
  const wanted = await wantedPictures(folder, exporter, found);
  const { source, places } = await findPlaces({ source: kind, path: options.pictures }, wanted, options.say);
  const target = options.to === null ? null : resolve(options.to);
  const stage = target === null ? null : openPictureStage(join(dirname(target), `.${basename(target)}.pictures`));
  try {
    const fates = await checkPictures(wanted, places, source, stage, options);
    const report = summarise(wanted, places, fates, kind === "folder");
    if (options.stop.draining !== null) return { ...report, stopped: true };
    if (target === null || stage === null) return report;
    const written = await write(target, folder, found, exporter, { fates, stage, report, wanted, stop: options.stop });
    if (written === null) return { ...report, stopped: true };
    if (report.found === report.pictures) await stage.remove();
    else options.say(`the pictures found so far are kept in ${stage.folder} until the others are there`);
    return { ...report, ...written };
  } finally {
    await source.close();
  }
}

function checkRequest(folder: string, { options: written }: FoundExport, { to }: JoinOptions): void {
  if (written.withPixels) throw new UserError(`${folder} holds its pictures already; there is nothing to join`);
  if (to !== null && resolve(to) === resolve(folder)) {
    throw new UsageError("--to is the export itself; name another folder, the export without pictures stays as it is");
  }
}

function namedKind(name: string) {
  const kind = SOURCE_KINDS.find((known) => known === name);
  if (kind === undefined) throw new UsageError(`--source ${JSON.stringify(name)}${suggestName(name, SOURCE_KINDS)}`);
  return kind;
}

async function wantedPictures(
  folder: string,
  exporter: Exporter,
  { options }: FoundExport,
): Promise<ReadonlyMap<ImageId, ExportImage>> {
  const wanted = new Map<ImageId, ExportImage>();
  for await (const { image } of exporter.read(folder, options)) wanted.set(image.id, image);
  const unknown = [...wanted.values()].find(({ sha256 }) => sha256 === null);
  if (unknown !== undefined) {
    throw new UserError(
      `${folder} has no hash for ${unknown.id}, which was imported without its picture; it cannot be joined`,
    );
  }
  return wanted;
}

function summarise(
  wanted: ReadonlyMap<ImageId, ExportImage>,
  places: ReadonlyMap<ImageId, readonly Place[]>,
  fates: Fates,
  isFolder: boolean,
): JoinReport {
  const counts = { found: 0, missing: 0, changed: 0, unreadable: 0 };
  let inPlace = 0;
  const absent: JoinReport["first"][number][] = [];
  for (const image of wanted.values()) {
    const fate = fates.get(image.id) ?? "missing";
    counts[fate] += 1;
    const path = mediaPath(image);
    if (fate === "found" && isFolder && places.get(image.id)?.some(({ name }) => name === path)) inPlace += 1;
    if (fate !== "found") absent.push({ image: image.id, fileName: image.fileName, fate });
  }
  const first = absent.slice(0, NAMED);
  return { pictures: wanted.size, ...counts, inPlace, first, folder: null, rows: 0, incomplete: 0, stopped: false };
}

const STOPPED = new Error("stopped");

interface Checked {
  readonly fates: Fates;
  readonly stage: PictureStage;
  readonly report: JoinReport;
  readonly wanted: ReadonlyMap<ImageId, ExportImage>;
  readonly stop: StopSwitch;
}

async function write(
  target: string,
  folder: string,
  { manifest, options, card }: FoundExport,
  exporter: Exporter,
  { fates, stage, report, wanted, stop }: Checked,
): Promise<Pick<JoinReport, "folder" | "rows" | "incomplete"> | null> {
  if (report.found === 0) {
    throw new UserError(
      `none of the ${report.pictures} pictures is there with the right bytes (${report.changed} have other bytes), so nothing was written; check --pictures`,
    );
  }
  const joined = { ...options, withPixels: true };
  const needsAll = exporter.isWide(joined);
  let incomplete = 0;
  async function* rows(): AsyncGenerator<ExportRow> {
    incomplete = 0;
    for await (const row of exporter.read(folder, options)) {
      if (stop.draining !== null) throw STOPPED;
      if (fates.get(row.image.id) !== "found") continue;
      if (needsAll && row.pairs.length < options.teachers.length) incomplete += 1;
      else yield row;
    }
  }
  // What the card and the manifest say of it must be known before the rows go out.
  if (needsAll && !exporter.isWide(options)) for await (const _ of rows());
  const { found, missing, changed, unreadable, pictures } = report;
  const join = { pictures, found, missing, changed, unreadable, incomplete };
  const input: ExportInput = {
    options: joined,
    rows,
    pixels: async ({ sha256 }) => stage.take(sha256 ?? ""),
    lengths: manifest.lengths,
    ...(manifest.training === undefined ? {} : { training: manifest.training }),
    card: joinedCard(card.text, join),
    cardFields: card.fields,
  };
  const absent = [...wanted.values()].filter(({ id }) => fates.get(id) !== "found");
  const lines = absent.map(({ id, fileName, sha256 }) =>
    JSON.stringify({ image_id: id, file_name: fileName, image_sha256: sha256, fate: fates.get(id) ?? "missing" }),
  );
  const written = await writeExport({
    exporter,
    input,
    to: target,
    facts: { ...manifest, join },
    extras: lines.length === 0 ? {} : { "missing.jsonl": `${lines.join("\n")}\n` },
  }).catch((error: unknown) => {
    if (error === STOPPED) return null;
    throw error;
  });
  return written === null ? null : { folder: written.folder, rows: written.rows, incomplete };
}
