import type { ServerLoad } from "../records/index.js";
import { type ClimbOptions, climbingLimit } from "./climbing-limit.js";

/** How one request went, for the limit that let it out. */
export interface RequestResult {
  readonly ok: boolean;
  /** Completion tokens, null where the server did not say. */
  readonly tokens: number | null;
  /** How long it took. */
  readonly ms: number;
  /** The server turned it away because it has too much to do. */
  readonly busy: boolean;
}

/** One request that a limit let out. */
export interface Ticket {
  /** Output arrived, in any unit that stays the same (characters of the reply). */
  progressed(units: number): void;
  /** Once. */
  ended(result: RequestResult): void;
}

/** What is known of the clients of one endpoint that work on the same run. */
export interface Sharing {
  /** This one among them. */
  readonly clients: number;
  /** The limit of the one that looks for the best; null where that is this one. */
  readonly leaderLimit: number | null;
  /** How long it may take until all others go by a limit of this one (ms). */
  readonly lagMs: number;
}

/** How many requests one endpoint may have in flight. */
export interface ConcurrencyLimit {
  readonly limit: number;
  /** Why it is what it is, in a few words. */
  readonly why: string;
  begin(): Ticket;
  /** What the server's gauges say now. */
  observe(load: ServerLoad): void;
  /**
   * One client looks for the limit and the others take its, so that all have the same: then its own output tells of the
   * whole server's, which the output of a client among others with limits of their own does not.
   */
  share(sharing: Sharing): void;
}

export function fixedLimit(requests: number): ConcurrencyLimit {
  return { limit: requests, why: "fixed by the recipe", begin: () => FIXED_TICKET, observe() {}, share() {} };
}

const FIXED_TICKET: Ticket = { progressed() {}, ended() {} };

export type AdaptiveLimitOptions = ClimbOptions;

/** A limit that finds the knee of its server by itself and stays there: see `climbingLimit`. */
export function adaptiveLimit(options: AdaptiveLimitOptions): ConcurrencyLimit {
  return climbingLimit(options);
}
