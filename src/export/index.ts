export { checkAblationTarget, writeAblationFolder } from "./ablation-folder.js";
export {
  ABLATION_IMAGES_NAME,
  type AblationImage,
  readAblationImages,
  writeAblationImages,
} from "./ablation-images.js";
export {
  ABLATION_NAME,
  ABLATION_TRAINERS,
  type AblationArm,
  type AblationManifest,
  type AblationTrainer,
  type ArmBudget,
  type ArmTokens,
  BUDGET_KINDS,
  type BudgetKind,
  type Factor,
  HELD_OUT_FOLDER,
  type NearDuplicateRule,
  PICTURES_FOLDER,
  readAblationManifest,
  writeAblationManifest,
} from "./ablation-manifest.js";
export { ablationReadme } from "./ablation-readme.js";
export { type Card, writeCard } from "./card.js";
export type { CardFacts, CardModel } from "./card-facts.js";
export { type ChangedFile, changedFiles } from "./changed-files.js";
export { composeText, readText } from "./compose-text.js";
export { exporterNamed, exporters } from "./exporters.js";
export { type HashedFile, listFiles } from "./folder-files.js";
export { llamaFactoryTemplate } from "./llama-factory-template.js";
export { EXPORT_FORMAT_VERSION, type ExportFacts, type ExportManifest } from "./manifest.js";
export { mediaPath, openMedia } from "./media-files.js";
export { type FoundExport, readExport } from "./read-manifest.js";
export { escapeMarks, findMark } from "./reader-marks.js";
export { PIXEL_TERMS } from "./terms.js";
export { openTokenCounter, type TokenCounter } from "./token-counter.js";
export { readTrainerRows, type TrainerRow } from "./trainer-rows.js";
export { safeLength, TRAINING_BATCH } from "./trainer-settings.js";
export type { ReplacedText } from "./valid-text.js";
export { type ExportRequest, type ExportResult, writeExport } from "./write-export.js";
