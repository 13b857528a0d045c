export { type ChatTeacherOptions, openChatTeacher } from "./chat-teacher.js";
export {
  type AdaptiveLimitOptions,
  adaptiveLimit,
  type ConcurrencyLimit,
  fixedLimit,
  type RequestResult,
} from "./concurrency.js";
export { normaliseEndpoint } from "./endpoint-url.js";
export { type RetryDelayOptions, retryDelayMs } from "./retry-delay.js";
