/** An answer with its short form in the middle, so that a dialect can mark that part. All three read on as one text. */
export interface WrittenAnswer {
  readonly before: string;
  readonly short: string;
  readonly after: string;
}
