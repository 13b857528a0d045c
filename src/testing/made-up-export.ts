import { createHash } from "node:crypto";
import type { ExportImage, ExportInput, ExportOptions, ExportPair, ExportRow } from "../records/index.js";

export interface MadeUpExport {
  readonly pictures?: number;
  readonly teachers?: readonly string[];
  readonly withPixels?: boolean;
  /** Every picture has a pair of every teacher, as wide rows need. */
  readonly whole?: boolean;
  /** Texts hold no mark that a reader of composed texts could take for its own. */
  readonly plain?: boolean;
  readonly parts?: ExportOptions["parts"];
  readonly thinking?: ExportOptions["thinking"];
  /** Every fifth picture goes into the second one. */
  readonly splits?: readonly string[];
  /** Thrown by the stream after this many pictures. */
  readonly failAfter?: number;
}

/** Facts of a made-up run, for the manifest. */
export const MADE_UP_FACTS = {
  run: { name: "made-up", run8: "0badcafe" },
  toolVersion: "1.2.3",
  options: {},
  outcomes: {},
  pairs: { inExport: 0, heldBack: {}, escaped: 0, bySplit: {} },
};

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
  const { pictures = 24, teachers = ["glm", "kimi"], withPixels = false, failAfter, whole = false } = options;
  const { parts = "both", thinking = null, splits = ["train"], plain = false } = options;
  async function* rows(): AsyncIterable<ExportRow> {
    for (let index = 0; index < pictures; index++) {
      if (index === failAfter) throw new Error("the stream broke");
      const row = rowAt(index, teachers, whole);
      const split = (index % 5 === 3 ? splits[1] : undefined) ?? splits[0] ?? "train";
      yield { ...row, split, pairs: row.pairs.map((pair) => shaped(pair, parts, plain)) };
    }
  }
  return {
    options: { teachers, withPixels, parts, thinking, splits },
    rows,
    lengths: {
      tokenizer: "characters",
      exact: true,
      longest: 60_123,
      cuts: [{ limit: 1_024, pairs: 7 }],
    },
    pixels: async (image) => madeUpPixels(image.id),
    card: "# A made-up run\n\nNobody wrote these texts.\n",
    cardFields: { license: "cc0-1.0", pretty_name: 'a "made-up" run: yes', tags: ["on", "1e3"] },
  };
}

export function madeUpPixels(id: string): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(id.repeat(50)), Buffer.from([0xff, 0xd9])]);
}

/** Only the parts asked for; in a plain text every mark is broken by a blank. */
function shaped(pair: ExportPair, parts: ExportOptions["parts"], plain: boolean): ExportPair {
  const clean = (text: string | null) => (plain ? (text?.replace(/[<◁]/g, "$& ") ?? null) : text);
  const thinking = parts === "answer" ? null : (pair.thinking ?? (parts === "thinking" ? "A late thought." : null));
  const answer = parts === "thinking" ? null : pair.answer;
  const tokens = { thinking: thinking?.length ?? null, answer: answer?.length ?? null };
  return { ...pair, thinking: clean(thinking), answer: clean(answer), tokens };
}

function rowAt(index: number, teachers: readonly string[], whole: boolean): Omit<ExportRow, "split"> {
  const image = imageAt(index);
  const pairs = teachers
    .filter((_, teacher) => whole || teacher === 0 || index % 5 !== 4)
    .map((teacher, position) => pairAt(image, index * 2 + position, teacher));
  return { image, pairs };
}

function pairAt(image: ExportImage, index: number, teacher: string): ExportPair {
  return {
    image,
    teacher,
    prompt: PROMPT,
    thinking: index % 6 === 5 ? null : `Thought ${index}. ${AWKWARD[index % AWKWARD.length]}`,
    answer: `Answer ${index}. ${AWKWARD[(index + 3) % AWKWARD.length]}`,
    observer: false,
    tokens: { thinking: null, answer: null },
  };
}

function imageAt(index: number): ExportImage {
  const number = SAMPLE_SEED + index;
  const wnid = ["n02123045", "n07920052", "n04265904", null][index % 4] ?? null;
  const id = wnid === null ? `p-${String(number).padStart(16, "0")}` : `${wnid}_${number}`;
  const fileName = wnid === null ? `Küche & Bad ${number}.jpg` : `${wnid}/${id}.JPEG`;
  return {
    id,
    class: wnid,
    fileName,
    sha256: createHash("sha256").update(madeUpPixels(id)).digest("hex"),
    width: 640 - index,
    height: 480,
    weight: index === 6 ? 2.25 : 1,
    review: index % 8 === 7,
  };
}
