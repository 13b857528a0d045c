export { putFile } from "./atomic-file.js";
export { countCut } from "./count-cut.js";
export { type EndpointRecord, endpointRecord } from "./endpoint-records.js";
export { type OpenStoreOptions, openStore } from "./open-store.js";
export { readTextOrNull } from "./read-text.js";
export { listScoreTables, type ScoreRow, type ScoreTable, type ScoreTableFacts, scoreTable } from "./score-tables.js";
export type { Standing } from "./shard-claim.js";
export { addTallies, EMPTY_TALLY, type RunTallies, runTallies } from "./tallies.js";
export { writerStandings } from "./writer-standings.js";
