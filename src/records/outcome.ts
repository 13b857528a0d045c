/** What became of a cell (image × model). The six always add up to the images of the run. */
export const OUTCOMES = ["answered", "truncated", "unparsed", "refused", "failed", "missing"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Outcomes a parser can read from a reply; `missing` is what a cell without a final attempt is. */
export type ParsedOutcome = Exclude<Outcome, "missing">;

/** Why a drawn picture was turned away. */
export const REJECTION_REASONS = [
  "undecodable",
  "truncated-file",
  "empty-file",
  "not-an-image",
  "unsupported-format",
  "too-small",
  "too-large",
  "blank",
  "blurred",
  "duplicate",
  "person",
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** Why a cell is `failed`. */
export const FAILED_REASONS = [
  "incomplete",
  "unknown-finish-reason",
  "bad-reply",
  "rejected-by-server",
  "image-changed",
  "set-aside",
] as const;
export type FailedReason = (typeof FAILED_REASONS)[number];

export function countOutcomes(): Record<Outcome, number> {
  return { answered: 0, truncated: 0, unparsed: 0, refused: 0, failed: 0, missing: 0 };
}
