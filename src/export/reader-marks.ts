/**
 * Texts that a reader takes for something else than text: the wrapper's own tags, the marks where readers put the
 * picture, and special tokens of the model families in use. `<image>` stops a whole LLaMA-Factory run and moves in
 * LLaVA; a special token inside a text ends or opens a turn.
 */
const MARKS = new RegExp(
  [
    /<\/?think(?:ing)?>/,
    /◁\/?think▷/,
    /\[\/?THINK\]/,
    /<\/?(?:image|video|audio|img|box|quad|ref|s|eos|bos|unk|pad)>/,
    /<(?:IMG_CONTEXT|start_of_turn|end_of_turn|start_of_image|end_of_image|image_soft_token)>/,
    /<[|｜][^\s<>|｜]{1,64}[|｜]>/,
    /\[\/?(?:INST|EOS|BOS|IMG|gMASK)\]/,
    /<(?:fake_token_around_image|end_of_utterance|global-img|row_\d+_col_\d+)>/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "iu",
);
const ALL_MARKS = new RegExp(MARKS.source, "giu");

/** The first mark in a text, null where there is none. */
export function findMark(text: string | null): string | null {
  return text === null ? null : (MARKS.exec(text)?.[0] ?? null);
}

/** The same text with the first sign of every mark as a character reference, so that it reads alike and marks nothing. */
export function escapeMarks(text: string): string {
  return text.replace(ALL_MARKS, (mark) => `&#${mark.codePointAt(0)};${mark.slice(1)}`);
}
