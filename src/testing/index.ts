export { type ChatStreamOptions, chatEvents, chatStream, jsonResponse } from "./chat-stream.js";
export { foldClock, setBackOnSignal } from "./child-clock.js";
export { type ExporterSuite, exporterSuite, type ReadPair } from "./exporter-suite.js";
export { IDLE_TEACHER } from "./idle-teacher.js";
export { type MadeUpExport, madeUpExport, madeUpPixels } from "./made-up-export.js";
export { type MadeUpRun, writeMadeUpRun } from "./made-up-run.js";
export { memoryStore } from "./memory-store.js";
export { type MetricSuite, metricSuite } from "./metric-suite.js";
export { packFiles, packTar, type TarFixture } from "./pack-tar.js";
export { readRecording } from "./read-recording.js";
export { type ChatScript, type ScriptedModel, startScriptedModel } from "./scripted-model.js";
export {
  type Behaviour,
  cutEvery,
  type ScriptedServer,
  type SeenRequest,
  type Step,
  startScriptedServer,
} from "./scripted-server.js";
export { type SharingTimes, sharingLimits } from "./sharing-limits.js";
export {
  drawShapes,
  type ServerShape,
  type Simulated,
  type SimulatedLimit,
  type SimulationOptions,
  seeded,
  simulateServer,
} from "./simulated-server.js";
export {
  inTemporaryFolder,
  listAll,
  listAndRead,
  makeSuitePictures,
  type NotedListing,
  type SuitePictures,
  sourceSuite,
} from "./source-suite.js";
export { type ProgramEnd, runProgram, type StartedProgram, type StartOptions, startProgram } from "./start-program.js";
export {
  collect,
  makeAsked,
  makeEnded,
  makeHeader,
  makeReply,
  makeSampleImage,
  makeTally,
  makeVerdict,
  makeWriterOptions,
} from "./store-fixtures.js";
export { AWKWARD_TEXTS, storeSuite } from "./store-suite.js";
export { askFor, SHORT_TIMEOUTS, type TeacherMakeOptions, teacherSuite } from "./teacher-suite.js";
