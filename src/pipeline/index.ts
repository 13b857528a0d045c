export { type DoctorReport, examineRecipe } from "./doctor.js";
export { drawImages, type ImagesSummary } from "./draw-images.js";
export { type ExportDone, exportRun } from "./export-run.js";
export { writeFirstRecipe } from "./first-recipe.js";
export { parseRun } from "./parse-run.js";
export { checkOutcomes } from "./plan-cells.js";
export { planOnly, type RunPlan } from "./plan-only.js";
export { type RunStatus, readStatus } from "./read-status.js";

export { reportRun } from "./report-run.js";
export { type RunEnd, runRecipe } from "./run-recipe.js";
export { type ScoreMetricsDone, scoreMetrics } from "./score-metrics.js";
export { readShard, type Shard } from "./shard.js";
export { type ShownCell, type ShownImage, showCells } from "./show-cells.js";
export { openObserver } from "./start-observer.js";
export { StopSwitch } from "./stop-switch.js";
export { streamPairs } from "./stream-pairs.js";
