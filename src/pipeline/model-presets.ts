import { type DialectName, type PresetFacts, UsageError } from "../records/index.js";
import type { RecipeModel } from "./recipe-schema.js";

/** What a built-in record says of a model. A recipe's own keys come first; what is left out here is not known or not fixed. */
export interface ModelPreset {
  readonly model: string;
  readonly dialect: DialectName;
  readonly system?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly extra?: NonNullable<RecipeModel["extra"]>;
  /** Why the model must be given a system text that is not built in, and where that text stands; null where it needs none. */
  readonly needsSystem: string | null;
  /** What a table must say beside the model's numbers. */
  readonly caveat: string | null;
}

export const PRESET_NAMES = [
  "glm-4.1v-9b-thinking",
  "kimi-vl-a3b-thinking-2506",
  "internvl3.5-8b",
  "openvlthinker-7b",
  "visionthink-efficient",
  "vl-rethinker-7b",
  "r1-onevision-7b",
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/**
 * The models of ImageNet-Think-250K (arXiv 2510.01582), each with its makers' settings and where they stand. With which of
 * them the paper asked is not known. Where a preset has no token limit the makers name none.
 */
const PRESETS: Readonly<Record<PresetName, ModelPreset>> = {
  // Token limit: the makers' own benchmark cuts the thinking at 8,192. Temperature: the makers name none, so neither do we.
  "glm-4.1v-9b-thinking": {
    model: "zai-org/GLM-4.1V-9B-Thinking",
    dialect: "glm",
    maxTokens: 8192,
    needsSystem: null,
    caveat: null,
  },
  // Model card: temperature 0.8, 32,768 tokens.
  "kimi-vl-a3b-thinking-2506": {
    model: "moonshotai/Kimi-VL-A3B-Thinking-2506",
    dialect: "kimi",
    maxTokens: 32_768,
    temperature: 0.8,
    needsSystem: null,
    caveat: null,
  },
  // InternVL/InternVL3_5.md in vllm-project/recipes: 0.6 against repetition; 0.95 stands in its text example.
  "internvl3.5-8b": {
    model: "OpenGVLab/InternVL3_5-8B",
    dialect: "think-tags",
    temperature: 0.6,
    extra: { top_p: 0.95 },
    needsSystem:
      "internvl3.5-8b thinks only where its thinking system text is sent, which is not built in; it is R1_SYSTEM_PROMPT in internvl_chat/tools/reasoning_data_pipeline/utils/constants.py of OpenGVLab/InternVL (`dialect: plain` measures it without thinking)",
    caveat: null,
  },
  // evaluation/run_evaluation.py of its repository: near-greedy, 2,048 new tokens, no system text. The answer tag is
  // often left out where a description is asked for, and the text after the closer is then the answer. A v1.2 is served under
  // another name; which of them the paper measured is not known.
  "openvlthinker-7b": {
    model: "ydeng9/OpenVLThinker-7B",
    dialect: "think-tags",
    maxTokens: 2048,
    temperature: 0.01,
    extra: { top_p: 0.001, top_k: 1 },
    needsSystem: null,
    caveat: null,
  },
  // scripts/vllm_tool.py: temperature 0. Its system text declares a tool for a second look at the whole picture.
  "visionthink-efficient": {
    model: "Senqiao/VisionThink-Efficient",
    dialect: "think-tags",
    temperature: 0,
    needsSystem: null,
    caveat:
      "asked in one turn with the whole picture and no tool: outside its training, which shows a reduced picture and lets it ask for the whole",
  },
  // README line 153: a request to reason step by step and box the final answer is appended. Without a box nothing divides
  // its reply, and all of it is the answer.
  "vl-rethinker-7b": {
    model: "TIGER-Lab/VL-Rethinker-7B",
    dialect: "boxed",
    needsSystem: null,
    caveat: "its makers append a request to box the final answer; without it a reply has no thinking of its own",
  },
  // Its example allows 4,096 new tokens. What it writes where a description is asked for is not known, so tags are read where
  // they come and not demanded.
  "r1-onevision-7b": {
    model: "Fancy-MLLM/R1-Onevision-7B",
    dialect: "auto",
    maxTokens: 4096,
    needsSystem: null,
    caveat: null,
  },
};

export function presetNamed(name: PresetName): ModelPreset {
  return PRESETS[name];
}

/** A model of a recipe whose dialect is known. */
export type PresetModel = RecipeModel & { readonly dialect: DialectName };

/** Fills what the recipe leaves out from its preset. `extra` is merged field by field. */
export function withPreset(asked: RecipeModel): { readonly model: PresetModel; readonly facts: PresetFacts | null } {
  if (asked.preset === undefined) {
    if (asked.dialect === undefined) throw new UsageError(`${asked.name}: dialect is missing`);
    return { model: { ...asked, dialect: asked.dialect }, facts: null };
  }
  const { needsSystem: _, caveat, extra, ...fields } = PRESETS[asked.preset];
  const merged = { ...extra, ...asked.extra };
  const model = {
    ...fields,
    ...asked,
    dialect: asked.dialect ?? fields.dialect,
    ...(Object.keys(merged).length === 0 ? {} : { extra: merged }),
  };
  return { model, facts: { name: asked.preset, caveat } };
}
