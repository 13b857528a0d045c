/** How a check came out. `wrong` must be put right before a run is worth its time; `note` is good to know. */
export type CheckState = "ok" | "note" | "wrong";

/** One thing that was looked at. */
export interface DoctorCheck {
  /** One word, e.g. `thinking`. */
  readonly about: string;
  readonly state: CheckState;
  /** What was seen, in one sentence. */
  readonly seen: string;
  /** What to do about it, in one sentence. */
  readonly fix: string | null;
}

export const ok = (about: string, seen: string): DoctorCheck => ({ about, state: "ok", seen, fix: null });
export const note = (about: string, seen: string, fix: string | null = null): DoctorCheck => ({
  about,
  state: "note",
  seen,
  fix,
});
export const wrong = (about: string, seen: string, fix: string): DoctorCheck => ({ about, state: "wrong", seen, fix });
