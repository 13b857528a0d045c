// A small door beside the large one: a run in 64 shards starts 64 times, and neither scores, exports nor reports.
export { checkOutcomes } from "../plan-cells.js";
export { planOnly } from "../plan-only.js";
export { type RunEnd, runRecipe } from "../run-recipe.js";
export { readShard } from "../shard.js";
export { StopSwitch } from "../stop-switch.js";
