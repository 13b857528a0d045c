import { type Html, html } from "./html.js";

/** Longer texts get a window of their own, so that one of them does not push the rest of the page away. */
const LONG_TEXT = 2_500;

/** Text from outside as a block: its line ends stay, and its writing direction reaches no further than the block. */
export function textBlock(words: string, label: string): Html {
  if (words.length <= LONG_TEXT) return html`<div class="text" dir="auto">${words}</div>`;
  return html`<div class="text long" dir="auto" tabindex="0" role="group" aria-label="${label}, scrolls">${words}</div>`;
}
