import type { Source, SourceSpec } from "../records/index.js";

/**
 * Opens one of the recipe's sources for listing and reading. Throws a `UserError` where the path is missing,
 * unreadable, or not what its kind needs; most of what can be wrong inside shows only while it is listed.
 */
export async function openSource({ source, path }: Pick<SourceSpec, "source" | "path">): Promise<Source> {
  switch (source) {
    case "folder":
      return (await import("./folder-source.js")).openFolderSource(path);
    case "imagenet-tar":
      return (await import("./imagenet-tar-source.js")).openImageNetTarSource(path);
    case "webdataset":
      return (await import("./webdataset-source.js")).openWebDatasetSource(path);
    case "parquet":
      return (await import("./parquet-source.js")).openParquetSource(path);
  }
}
