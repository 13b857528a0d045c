const ENOUGH = 50;

/** The two long marks belong to the kana in use, but to no script in Unicode. */
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u30FC\uFF70]/gu;
const ASCII_WORD = /[A-Za-z][\w'’-]*/g;

/** Whether a text has a line of 50 or more Han, kana or Hangul characters and a line of 50 or more ASCII words. */
export function mixesLanguages(text: string): boolean {
  // Most texts hold no such character at all, and need not be cut into lines.
  if (text.search(EAST_ASIAN) === -1) return false;
  const lines = text.split(/[\n\r\u2028\u2029]/).filter((line) => line.length >= ENOUGH);
  return lines.some((line) => hasEnough(line, EAST_ASIAN)) && lines.some((line) => hasEnough(line, ASCII_WORD));
}

function hasEnough(line: string, pattern: RegExp): boolean {
  let count = 0;
  for (const _ of line.matchAll(pattern)) {
    if (++count === ENOUGH) return true;
  }
  return false;
}
