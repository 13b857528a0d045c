import { type Prompt, suggestName, UsageError } from "../records/index.js";
import { imagenetThink } from "./imagenet-think.js";

/** Every built-in prompt. A new one is a file and a word here; a changed text is a new version. */
const BUILT_IN: readonly Prompt[] = [imagenetThink];

export const PROMPT_NAMES: readonly string[] = BUILT_IN.map((prompt) => prompt.name);

/** The built-in prompt of that name. Throws a `UsageError` that names the nearest known one. */
export function promptNamed(name: string): Prompt {
  const found = BUILT_IN.find((prompt) => prompt.name === name);
  if (found === undefined) {
    throw new UsageError(`prompt ${JSON.stringify(name)} is not a built-in one${suggestName(name, PROMPT_NAMES)}`);
  }
  return found;
}
