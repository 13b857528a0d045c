import { type Prompt, UsageError } from "../records/index.js";

export interface CustomPromptText {
  readonly text: string;
  readonly system?: string | null;
  /** Whether the picture stands before the text; true where left out. */
  readonly imageFirst?: boolean;
}

/** A prompt written in a recipe, its texts exactly as written. Throws a `UsageError` where a text is blank. */
export function customPrompt({ text, system = null, imageFirst = true }: CustomPromptText): Prompt {
  if (text.trim() === "") throw new UsageError("prompt.text is blank; write what is asked of every picture");
  if (system !== null && system.trim() === "") {
    throw new UsageError("prompt.system is blank; write a system text or leave the key out");
  }
  return { name: "custom", version: 1, text, system, imageFirst };
}
