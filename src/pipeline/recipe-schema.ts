import { z } from "zod";
import { BREAKAGES, VOICES } from "../observer/index.js";
import { DIALECT_NAMES, SOURCE_KINDS } from "../records/index.js";
import { PRESET_NAMES } from "./model-presets.js";

const seed = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const count = z.int().min(1);

const timeouts = z.strictObject({
  connectMs: count.optional(),
  firstByteMs: count.optional(),
  idleMs: count.optional(),
  totalMs: count.optional(),
});

const model = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be 1 to 32 of a-z, 0-9 and -, not starting with -"),
  model: z.string().min(1).optional(),
  endpoints: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  /** A built-in record that says what this model leaves out. */
  preset: z.enum(PRESET_NAMES).optional(),
  /** May be left out where a preset says it. */
  dialect: z.enum(DIALECT_NAMES).optional(),
  revision: z.string().min(1).optional(),
  apiKeyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable, never a key")
    .optional(),
  system: z.string().min(1).optional(),
  maxTokens: count.optional(),
  temperature: z.number().min(0).optional(),
  seed: seed.optional(),
  concurrency: count.optional(),
  timeouts: timeouts.optional(),
  tries: count.optional(),
  extra: z.record(z.string(), z.json()).optional(),
  /** Only with `endpoints: observer`: trials of what a model may do. */
  observer: z
    .strictObject({
      voice: z.enum(VOICES).optional(),
      broken: z.enum(BREAKAGES).optional(),
      brokenShare: z.number().min(0).max(1).optional(),
    })
    .optional(),
});

/** The recipe as a person writes it. Defaults are resolved where it is turned into a plan, so that they stand in `run.json`. */
export const RecipeSchema = z.strictObject({
  name: z.string().min(1).max(200),
  images: z
    .array(
      z.strictObject({
        source: z.enum(SOURCE_KINDS),
        path: z.string().min(1),
        credits: z.string().min(1).optional(),
      }),
    )
    .min(1),
  classes: z.string().min(1).optional(),
  people: z.enum(["keep", "drop", "review"]).optional(),
  sample: z
    .strictObject({ size: count.optional(), perClass: count.optional(), seed: seed.optional() })
    .refine((sample) => (sample.size === undefined) !== (sample.perClass === undefined), {
      message: "needs either size or perClass, and not both",
    })
    .optional(),
  prompt: z
    .union([
      z.string().min(1),
      z.strictObject({
        text: z.string().min(1),
        system: z.string().min(1).optional(),
        imageFirst: z.boolean().optional(),
      }),
    ])
    .optional(),
  teachers: z.array(model).min(1),
  candidates: z.array(model).optional(),
  gate: z
    .strictObject({
      minSide: count.optional(),
      maxPixels: count.optional(),
      blur: z.number().min(0).nullable().optional(),
      blank: z.number().min(0).nullable().optional(),
    })
    .optional(),
  wordnet: z.string().min(1).optional(),
  licence: z.string().min(1).optional(),
});

export type Recipe = z.infer<typeof RecipeSchema>;
export type RecipeModel = z.infer<typeof model>;
