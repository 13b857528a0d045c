import type { Dialect } from "../records/index.js";
import type { Flag } from "./flags.js";

/** What every step of reading one reply goes by, and where it leaves its remarks. */
export interface Reading {
  readonly dialect: Dialect;
  /** The reply was broken off, so that what is missing at its end is no surprise. */
  readonly cut: boolean;
  readonly flags: Set<Flag>;
}
