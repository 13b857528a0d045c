export { customPrompt } from "./custom-prompt.js";
export { PROMPT_NAMES, promptNamed } from "./prompt-named.js";
export { renderMessages } from "./render-messages.js";
