import { IMAGE_ID, WNID } from "../records/index.js";
import { readClass } from "./class-facts.js";
import { composeReply } from "./compose-reply.js";
import type { ColourTable } from "./measure/colour-table.js";
import { measurePicture } from "./measure/measure-picture.js";
import type { Pixels } from "./measure/pixels.js";
import type { Breakage, Settings } from "./observer-options.js";
import { readComposition } from "./read-composition.js";
import type { Scene } from "./scene.js";
import { createSay } from "./words/say.js";
import { writeAnswer } from "./write-answer.js";
import { writeThinking } from "./write-thinking.js";

export interface Sight {
  /** Null for a request without a picture. */
  readonly pixels: Pixels | null;
  /** From the image id; null where the request has none that names a class. */
  readonly wnid: string | null;
  /** 32 bits that choose the words. */
  readonly wording: number;
  readonly breakage: Breakage | null;
}

/** Measures a picture and writes the whole raw reply about it, tags included. */
export function observe({ pixels, wnid, wording, breakage }: Sight, settings: Settings, table: ColourTable): string {
  if (pixels === null) return composeReply(NO_PICTURE, NO_PICTURE_ANSWER, settings.dialect, null);
  const measures = measurePicture(pixels, table);
  const scene: Scene = {
    measures,
    composition: readComposition(measures),
    given: wnid === null ? null : readClass(wnid, settings.describe, measures),
  };
  const say = createSay(wording);
  const thinking = writeThinking(scene, settings.voice, say);
  return composeReply(thinking, writeAnswer(scene, settings.voice, say), settings.dialect, breakage);
}

/** The class in `x-request-id: <image>/<model>/<attempt>/<run8>`, where the image id is `<wnid>_<number>`; else null. */
export function wnidOf(requestId: string | null): string | null {
  const image = requestId?.split("/", 1)[0] ?? "";
  if (!IMAGE_ID.test(image)) return null;
  const [wnid = "", number = ""] = image.split("_");
  return WNID.test(wnid) && /^\d+$/.test(number) ? wnid : null;
}

const NO_PICTURE = "This message holds words and no picture, so there is nothing to measure.";
const NO_PICTURE_ANSWER = {
  before: "The observer measures pictures and answers nothing else: ",
  short: "no picture was sent",
  after: ".",
};
