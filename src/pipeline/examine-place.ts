import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { AS_IS, buildCatalog, type Catalog, inspectPicture, openSource, preparePicture } from "../images/index.js";
import { type CatalogImage, type PreparedPicture, type Source, TOOL_VERSION, UserError } from "../records/index.js";
import { type DoctorCheck, note, ok, wrong } from "./doctor-check.js";
import { PAPER_COMPLETION_TOKENS, sealedBytes } from "./estimate-disk.js";
import type { PlannedRecipe } from "./plan-recipe.js";

/** What was found where the run is to take place. */
export interface ExaminedPlace {
  readonly checks: readonly DoctorCheck[];
  /** A picture of the run that is a file and goes out as it is; null where none was found. */
  readonly file: PreparedPicture | null;
}

/** Pictures looked at before it is said that none can be read. */
const MOST_TRIED = 20;

/** Looks at the program, the class tree, the pictures and the disk. */
export async function examinePlace(
  recipeFile: string,
  plan: PlannedRecipe,
  say: (sentence: string) => void,
): Promise<ExaminedPlace> {
  const { header } = plan;
  const tree = await plan.openTree();
  const program = ok(
    "program",
    `imagenet-think ${TOOL_VERSION}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
  );
  const { list, count } = header.classes;
  const classes = ok(
    "classes",
    `WordNet ${tree.version}${header.wordnet.folder === null ? "" : ` from ${header.wordnet.folder}`}; ${count === null ? "all classes" : `${thousands(count)} of ${list}`}`,
  );
  const pictures = await examinePictures(plan, say);
  const disk = await examineDisk(recipeFile, header.sample?.size ?? pictures.listed, header.models.length);
  return { checks: [program, classes, ...pictures.checks, disk], file: pictures.file };
}

interface ExaminedPictures extends ExaminedPlace {
  readonly listed: number;
}

async function examinePictures(plan: PlannedRecipe, say: (sentence: string) => void): Promise<ExaminedPictures> {
  const sources: Source[] = [];
  try {
    for (const spec of plan.header.images) sources.push(await openSource(spec));
    const classes = plan.classes === null ? null : new Set(plan.classes);
    const catalog = await buildCatalog(sources, { classes, say });
    const { size, outsideClasses } = catalog;
    const outside = outsideClasses === 0 ? "" : `, ${thousands(outsideClasses)} more in classes the recipe leaves out`;
    if (size === 0) {
      const empty = wrong("pictures", `none found${outside}`, "check `source`, `path` and `classes` in the recipe");
      return { checks: [empty], file: null, listed: 0 };
    }
    const { check, file } = await examineOne(plan, catalog, sources);
    return { checks: [ok("pictures", `${thousands(size)} listed${outside}`), check], file, listed: size };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const check = wrong("pictures", error.message, "check `source` and `path` in the recipe");
    return { checks: [check], file: null, listed: 0 };
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

/** Decodes the first pictures until one passes. */
async function examineOne(plan: PlannedRecipe, catalog: Catalog, sources: readonly Source[]) {
  const refused: string[] = [];
  for (const image of firstOf(catalog, MOST_TRIED)) {
    const { locator } = image;
    const bytes = await sources[locator.source]?.read(locator);
    if (bytes === undefined) continue;
    const { accepted, rejected } = await inspectPicture(bytes, plan.header.gate);
    if (accepted === null) {
      refused.push(rejected.reason);
      continue;
    }
    const { width, height, format, preparation } = accepted;
    const how = preparation === AS_IS ? "sent as it is" : `made plain (${preparation})`;
    const check = ok("decoding", `${image.fileName}: ${width} × ${height}, ${format}, ${how}`);
    const spec = plan.header.images[locator.source];
    const isFile = preparation === AS_IS && spec?.source === "folder";
    const file = isFile ? { ...(await preparePicture(bytes, accepted)), file: resolve(spec.path, locator.path) } : null;
    return { check, file };
  }
  const reasons = [...new Set(refused)].join(", ");
  const check = wrong(
    "decoding",
    `none of the first ${refused.length} pictures passes (${reasons})`,
    "look at `imagenet-think images RECIPE`, which lists every picture that is turned away",
  );
  return { check, file: null };
}

function* firstOf(catalog: Catalog, most: number): Generator<CatalogImage> {
  let given = 0;
  for (let index = 0; index < catalog.classes.length; index++) {
    for (let position = 0; position < catalog.countOf(index); position++) {
      if (given++ === most) return;
      yield catalog.entryOf(index, position);
    }
  }
}

async function examineDisk(recipeFile: string, images: number, models: number): Promise<DoctorCheck> {
  const folder = dirname(resolve(recipeFile));
  const needed = sealedBytes(images * models * PAPER_COMPLETION_TOKENS);
  const found = await statfs(folder).catch(() => null);
  if (found === null) return note("disk", `the free space of ${folder} cannot be read`);
  const free = found.bavail * found.bsize;
  const seen = `${size(free)} free at the recipe's place, about ${size(needed)} needed for ${thousands(images * models)} replies of the paper's mean length`;
  return free > needed ? ok("disk", seen) : wrong("disk", seen, "make room, or give `run` an --out on a larger disk");
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${thousands(bytes / 1e9)} GB` : `${thousands(Math.ceil(bytes / 1e6))} MB`;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
