/** LLaMA-Factory's templates of the families that thinking is trained into, by the names of their models; the first that fits. */
const TEMPLATES: readonly (readonly [RegExp, string])[] = [
  [/qwen3-?vl.*thinking/, "qwen3_vl"],
  [/qwen3-?vl/, "qwen3_vl_nothink"],
  [/qwen2(?:\.5|-5)?-?vl|qvq/, "qwen2_vl"],
  [/glm-?4\.?5v/, "glm4_5v"],
  [/glm-?4(?:\.?1)?v/, "glm4v"],
  [/kimi-?vl/, "kimi_vl"],
  [/mimo-?vl/, "mimo_vl"],
  [/internvl/, "intern_vl"],
  [/gemma-?3/, "gemma3"],
];
/** Reasoning templates with other words than `<think>`: they add an empty block of their own to every text of ours. */
const OTHER_WORDS: ReadonlySet<string> = new Set(["kimi_vl", "gemma4", "gemma4n", "gpt_oss", "seed_oss"]);

/** The template of a model by its name or its type; null where it is not known. */
export function llamaFactoryTemplate(model: string): string | null {
  const name = model.toLowerCase().replaceAll("_", "-");
  return TEMPLATES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** Whether the template takes `<think>` for thinking, or leaves all text alone. */
export function thinksInTags(template: string): boolean {
  return !OTHER_WORDS.has(template);
}
