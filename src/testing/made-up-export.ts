import { createHash } from "node:crypto";
import type { ExportInput, ExportPair, ExportRow, SampleImage } from "../records/index.js";

export interface MadeUpExport {
  readonly pictures?: number;
  readonly teachers?: readonly string[];
  readonly withPixels?: boolean;
  /** Thrown by the stream after this many pictures. */
  readonly failAfter?: number;
}

export const PROMPT = "Say what the picture shows.";
const SAMPLE_SEED = 7;

/** Texts that have broken a writer or a reader somewhere. */
const AWKWARD: readonly string[] = [
  'plain words with "quotes", a comma, a\ttab and\nseveral\r\nlines\n',
  "---\nlicense: mine\n---\n# no heading",
  "line separators \u2028 and \u2029 and \u0085, a NUL \0 and an escape \u001b[31m",
  "◁think▷ 日本語 🦊 \u{10FFFF} e\u0301 \u202Egnp.exe",
  "<script>alert(1)</script> <image> | `code` | $x$",
  "x".repeat(30_000),
  `half a pair \ud83d in the middle`,
];

/**
 * A small made-up run on its way out: pictures in three classes and a flat folder; the second teacher leaves every
 * fifth picture unanswered and every third without thinking; texts are awkward ones.
 */
export function madeUpExport(options: MadeUpExport = {}): ExportInput {
  const { pictures = 24, teachers = ["glm", "kimi"], withPixels = false, failAfter } = options;
  async function* rows(): AsyncIterable<ExportRow> {
    for (let index = 0; index < pictures; index++) {
      if (index === failAfter) throw new Error("the stream broke");
      yield rowAt(index, teachers);
    }
  }
  return {
    options: { teachers, withPixels },
    rows,
    pixels: async (image) => madeUpPixels(image.id),
    card: "# A made-up run\n\nNobody wrote these texts.\n",
    cardFields: { license: "cc0-1.0", pretty_name: 'a "made-up" run: yes', tags: ["on", "1e3"] },
  };
}

export function madeUpPixels(id: string): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(id.repeat(50)), Buffer.from([0xff, 0xd9])]);
}

function rowAt(index: number, teachers: readonly string[]): ExportRow {
  const image = imageAt(index);
  const pairs = teachers
    .filter((_, teacher) => teacher === 0 || index % 5 !== 4)
    .map((teacher, position) => pairAt(image, index * 2 + position, teacher));
  return { image, pairs };
}

function pairAt(image: SampleImage, index: number, teacher: string): ExportPair {
  return {
    image,
    teacher,
    prompt: PROMPT,
    thinking: index % 6 === 5 ? null : `Thought ${index}. ${AWKWARD[index % AWKWARD.length]}`,
    answer: `Answer ${index}. ${AWKWARD[(index + 3) % AWKWARD.length]}`,
    observer: false,
  };
}

function imageAt(index: number): SampleImage {
  const number = SAMPLE_SEED + index;
  const wnid = ["n02123045", "n07920052", "n04265904", null][index % 4] ?? null;
  const id = wnid === null ? `p-${String(number).padStart(16, "0")}` : `${wnid}_${number}`;
  const fileName = wnid === null ? `Küche & Bad ${number}.jpg` : `${wnid}/${id}.JPEG`;
  return {
    id,
    class: wnid,
    fileName,
    locator: { source: 0, path: fileName },
    sha256: createHash("sha256").update(madeUpPixels(id)).digest("hex"),
    bytes: madeUpPixels(id).length,
    format: "jpeg",
    width: 640 - index,
    height: 480,
    preparation: "as-is/1",
    made: [],
    measures: { sharpness: null, contrast: null },
    weight: 1.5,
    review: index % 8 === 7,
  };
}
