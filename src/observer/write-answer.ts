import type { Voice } from "./observer-options.js";
import type { Scene } from "./scene.js";
import type { WrittenAnswer } from "./words/answer.js";
import { answerInMarkdown } from "./words/answer-in-markdown.js";
import { answerInProse } from "./words/answer-in-prose.js";
import { answerTersely } from "./words/answer-tersely.js";
import type { Say } from "./words/say.js";

/** What the observer answers, in the voice asked for. */
export function writeAnswer(scene: Scene, voice: Voice, say: Say): WrittenAnswer {
  return { steady: answerInProse, hesitant: answerInMarkdown, terse: answerTersely }[voice](scene, say);
}
