export { type Card, writeCard } from "./card.js";
export type { CardFacts, CardModel } from "./card-facts.js";
export { exporterNamed, exporters } from "./exporters.js";
export type { HashedFile } from "./folder-files.js";
export { EXPORT_FORMAT_VERSION, type ExportFacts, type ExportManifest } from "./manifest.js";
export type { ReplacedText } from "./valid-text.js";
export { type ExportRequest, type ExportResult, writeExport } from "./write-export.js";
