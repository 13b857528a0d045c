import { DIALECT_NAMES, type Dialect, type DialectName, suggestName, UsageError } from "../records/index.js";

const tagsWelcome: Omit<Dialect, "name"> = {
  mustThink: false,
  openerInTemplate: false,
  wantsAnswerTag: false,
  boxed: false,
  requestFields: {},
};

/** How each dialect differs. A new one is a record here, its name in the records, and its cases. */
const DIALECTS: Readonly<Record<DialectName, Omit<Dialect, "name">>> = {
  /** GLM-4.1V. Its tags and boxes are special tokens, which vLLM drops from the text unless told not to. */
  glm: { ...tagsWelcome, mustThink: true, wantsAnswerTag: true, requestFields: { skip_special_tokens: false } },
  /** Kimi-VL. Its delimiters are ordinary text, so they always arrive. */
  kimi: { ...tagsWelcome, mustThink: true },
  /** InternVL3.5 with its thinking system text, OpenVLThinker, VisionThink, MiMo-VL. */
  "think-tags": { ...tagsWelcome, mustThink: true },
  /** Qwen3-VL-Thinking and the R1 family. The chat template writes the opener, the reply only the closer. */
  "opener-in-template": { ...tagsWelcome, mustThink: true, openerInTemplate: true },
  /** VL-Rethinker. No tags; it boxes its final answer where the prompt asks for that. */
  boxed: { ...tagsWelcome, boxed: true },
  /** A model that is not known to think. */
  plain: tagsWelcome,
  /** A model nobody has looked at yet. */
  auto: tagsWelcome,
};

/** The dialect of that name. Throws a `UsageError` that names the nearest known one. */
export function dialectNamed(name: string): Dialect {
  const known = DIALECT_NAMES.find((dialectName) => dialectName === name);
  if (known === undefined) {
    throw new UsageError(`dialect ${JSON.stringify(name)} is not known${suggestName(name, DIALECT_NAMES)}`);
  }
  return { name: known, ...DIALECTS[known] };
}
