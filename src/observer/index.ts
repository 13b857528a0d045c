export {
  BREAKAGES,
  type Breakage,
  type DecodedPicture,
  type DecodePicture,
  OBSERVER_DIALECTS,
  type ObserverDialect,
  type ObserverOptions,
  VOICES,
  type Voice,
} from "./observer-options.js";
export { OBSERVER_VERSION } from "./observer-version.js";
export { startObserver } from "./on-demand.js";
export type { Observer } from "./server.js";
