export { type ChatTeacherOptions, openChatTeacher } from "./chat-teacher.js";
export {
  type AdaptiveLimitOptions,
  adaptiveLimit,
  type ConcurrencyLimit,
  fixedLimit,
  type RequestResult,
  type Sharing,
  type Ticket,
} from "./concurrency.js";
export { normaliseEndpoint } from "./endpoint-url.js";
export { type ProbeOptions, probeEndpoint } from "./probe-endpoint.js";
export { type BatchResult, readBatchResult } from "./read-batch-result.js";
export { readLoad } from "./read-load.js";
export { type BatchRequest, renderBatchLine } from "./render-batch-line.js";
export { type RetryDelayOptions, retryDelayMs } from "./retry-delay.js";
export { PLAIN_WIRE, planWire, type Wire } from "./wire.js";
export { openWireSource, type WireDecision, type WireSource, type WireSourceOptions } from "./wire-source.js";
