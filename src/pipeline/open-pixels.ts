import { type ExportImage, UserError } from "../records/index.js";
import { openCheckedSources } from "./open-pictures.js";
import type { OpenedRun } from "./open-run.js";

/** The pictures of a run for an export: a changed one is a sentence, because nothing may go out under its name. */
export async function openPixels(run: OpenedRun, withPixels: boolean) {
  const sources = withPixels ? await openCheckedSources(run.header) : null;
  const byId = new Map(withPixels ? run.images.map((image) => [image.id, image]) : []);
  return {
    async read({ id }: ExportImage): Promise<Buffer> {
      const image = byId.get(id);
      if (sources === null || image === undefined) throw new Error(`the picture of ${id} was not asked for`);
      if (image.sha256 === "") throw new UserError(`${id} was imported without its picture; leave --with-pixels out`);
      return sources.read(image).catch((error: unknown) => {
        if (error instanceof UserError) throw error;
        throw new UserError(`${(error as Error).message}; bring it back, or leave --with-pixels out`);
      });
    },
    close: async () => sources?.close(),
  };
}
