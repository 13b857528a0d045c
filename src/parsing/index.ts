export { declinesTask } from "./declined.js";
export { dialectNamed } from "./dialects.js";
export { FLAGS, type Flag } from "./flags.js";
export { parseReply, type ReplyOutcome, type ReplyText, readOutcome } from "./parse-reply.js";
export { PARSER_VERSION } from "./parser-version.js";
