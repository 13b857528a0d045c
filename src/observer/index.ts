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
export { OBSERVER_VERSION, type Observer, startObserver } from "./server.js";
