/** How long the drive waits for what, in milliseconds. */
export interface DriveTimes {
  /** A one-token probe decides within this whether a break was the cell's own fault. */
  readonly probeMs: number;
  /** An endpoint that was never reached in this start is waited for this long before the run stops. */
  readonly neverAnsweredMs: number;
  /** Endpoints that did answer in this start may be gone this long (a server's restart takes minutes) before the run ends. */
  readonly goneMs: number;
  /** A fault of the cell's own is asked again after this long, so that a hiccup can pass. */
  readonly retryPauseMs: number;
  /** How often gauges are read and silence is looked for while work is in flight. */
  readonly pollMs: number;
  /** A request that is silent for this long has its server knocked at. */
  readonly silentMs: number;
  /** A server that answers knocks and puts out nothing for this long is asked for one token. */
  readonly stalledMs: number;
  /** What was taken out is looked at again this often. */
  readonly lookAgainMs: number;
  /** How often an endpoints file is read again. */
  readonly fileMs: number;
  /** How often a few shards of a run look who else uses their endpoints. */
  readonly shareMs: number;
}

export const DRIVE_TIMES: DriveTimes = {
  probeMs: 30_000,
  neverAnsweredMs: 15_000,
  goneMs: 15 * 60_000,
  retryPauseMs: 1_000,
  pollMs: 1_000,
  silentMs: 20_000,
  stalledMs: 180_000,
  lookAgainMs: 60_000,
  fileMs: 2_000,
  shareMs: 1_000,
};
