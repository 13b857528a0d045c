import { type RunHeader, type SampleImage, type Store, UserError } from "../records/index.js";
import { openStore } from "../store/index.js";

export interface OpenedRun {
  readonly store: Store;
  readonly header: RunHeader;
  /** In sample order; empty where the sample is not drawn yet. */
  readonly images: readonly SampleImage[];
}

/** Opens a run folder for reading. Throws a `UserError` where there is no run. */
export async function openRun(folder: string, say: (sentence: string) => void): Promise<OpenedRun> {
  const { store, header } = await openRunFolder(folder, say);
  return { store, header, images: (await store.readSample()) ?? [] };
}

/** Throws a `UserError` where a run has no image, and says whether any was ever drawn. */
export async function needImages({ store, images }: OpenedRun, folder: string): Promise<void> {
  if (images.length > 0) return;
  if ((await store.readSampleFacts()) === null) {
    throw new UserError(`${folder} has no sample yet; \`imagenet-think images RECIPE --out ${folder}\` draws it`);
  }
  throw new UserError(`the sample of ${folder} is empty: every picture was turned away (its status says why)`);
}

/** The same without the sample, of which 250,000 images take a second to read. */
export async function openRunFolder(
  folder: string,
  say: (sentence: string) => void,
): Promise<Pick<OpenedRun, "store" | "header">> {
  const store = await openStore(folder, { say });
  const header = await store.readHeader();
  if (header === null) {
    throw new UserError(
      `${folder} holds no run (there is no run.json in it); \`imagenet-think run RECIPE --out ${folder}\` makes one`,
    );
  }
  return { store, header };
}
