// A small door beside the large one: `status` is asked while a run keeps every core busy, and needs a sixth of the modules.
export { type RunStatus, readStatus } from "../read-status.js";
