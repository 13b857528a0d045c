/** Remarks on a reply. They never change its outcome. */
export const FLAGS = [
  "answer-copies-thinking",
  "answer-not-closed",
  "boxed",
  "doubled-opener",
  "finish-unknown",
  "loop",
  "mixed-language",
  "mixed-tags",
  "no-answer-tag",
  "opener-missing",
  "replacement-character",
  "several-answers",
  "several-closers",
  "several-thoughts",
  "split-undone",
  "text-outside",
] as const;
export type Flag = (typeof FLAGS)[number];
