import type { Voice } from "./observer-options.js";
import type { Scene } from "./scene.js";
import type { Say } from "./words/say.js";
import { thinkHesitantly } from "./words/think-hesitantly.js";
import { thinkSteadily } from "./words/think-steadily.js";
import { thinkTersely } from "./words/think-tersely.js";

/** What the observer thinks on the way to its answer, in the voice asked for. Says nothing the scene does not hold. */
export function writeThinking(scene: Scene, voice: Voice, say: Say): string {
  return { steady: thinkSteadily, hesitant: thinkHesitantly, terse: thinkTersely }[voice](scene, say);
}
