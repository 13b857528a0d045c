import { parseReply } from "../parsing/index.js";
import type { Dialect, DialectName, ParsedReply, Reply } from "../records/index.js";
import { type DoctorCheck, note, ok, wrong } from "./doctor-check.js";

const NO_PARSER =
  "start the server without --reasoning-parser: the raw text is split here, and can always be split again";

/** Where a reply's thinking arrived, and whether it can be told apart from the answer. */
export function examineThinking(reply: Reply, dialect: Dialect, refusedFields: readonly string[]): DoctorCheck {
  const parsed = parseReply(reply, dialect);
  if (parsed.reason === "empty") {
    return wrong("thinking", "the reply holds no text at all", "look at the server's log and its chat template");
  }
  if (hasText(reply.reasoning)) return examineSplit(reply, parsed);
  const cut = parsed.outcome === "truncated";
  const tagless = parsed.thinking === null && (parsed.reason === "no-thinking" || cut);
  if (dialect.mustThink && tagless) return withoutTags(dialect, refusedFields);
  switch (parsed.outcome) {
    case "answered":
    case "truncated":
      return ok("thinking", describeParts(parsed, cut));
    case "refused":
      return note(
        "thinking",
        "the model declined to describe the small picture, so nothing can be said of its thinking",
      );
    case "failed":
      return wrong(
        "thinking",
        `the reply ended with the finish reason ${JSON.stringify(reply.finishReason)}`,
        "look at the server's log: a whole reply ends with stop or length",
      );
    case "unparsed":
      return wrong(
        "thinking",
        `the reply cannot be read (${parsed.reason})`,
        `check that the dialect "${dialect.name}" is this model's; \`doctor\` with another one shows the difference`,
      );
  }
}

function describeParts({ thinking, answer }: ParsedReply, cut: boolean): string {
  const size = (text: string | null) => `${(text?.length ?? 0).toLocaleString("en-US")} characters`;
  const end = cut ? "; the probe's token budget cut it there" : "";
  if (thinking === null) return `none arrives, and this dialect asks for none; answer of ${size(answer)}${end}`;
  if (answer === null) return `arrives with its tags in the text: ${size(thinking)}${end}`;
  return `arrives with its tags in the text: ${size(thinking)}, then an answer of ${size(answer)}${end}`;
}

/** The server has a reasoning parser. */
function examineSplit(reply: Reply, parsed: ParsedReply): DoctorCheck {
  const field = reply.reasoningField ?? "reasoning";
  if (hasText(reply.content)) {
    return note(
      "thinking",
      `a reasoning parser on this server splits it off into \`${field}\`; the pair can be read, the raw text is lost`,
      NO_PARSER,
    );
  }
  if (parsed.outcome === "answered") {
    return note(
      "thinking",
      `a reasoning parser on this server put the whole text into \`${field}\`; its tags are still there, so the pair can be read`,
      NO_PARSER,
    );
  }
  if (parsed.outcome === "truncated") {
    return note(
      "thinking",
      `a reasoning parser on this server puts it into \`${field}\`; the probe's token budget ended before the answer, so it was not seen whether that comes apart`,
      NO_PARSER,
    );
  }
  return wrong(
    "thinking",
    `a reasoning parser on this server put the whole text into \`${field}\` and left no answer: they cannot be told apart`,
    NO_PARSER,
  );
}

const TAG_OF: Readonly<Partial<Record<DialectName, string>>> = {
  glm: "<think>",
  kimi: "◁think▷",
  "think-tags": "<think>",
  "opener-in-template": "</think>",
};

function withoutTags(dialect: Dialect, refusedFields: readonly string[]): DoctorCheck {
  const tag = TAG_OF[dialect.name] ?? "thinking tag";
  const missing = `the reply holds no ${tag}: thinking and answer cannot be told apart`;
  if (dialect.name === "glm") {
    if (refusedFields.includes("skip_special_tokens")) {
      return wrong(
        "thinking",
        "this server strips GLM's tags: thinking and answer cannot be told apart",
        "serve the model with `vllm serve`, which keeps them when asked (skip_special_tokens: false); with this server every cell would be unparsed, and a run goes on with --keep-going only",
      );
    }
    return wrong(
      "thinking",
      `this server strips GLM's tags, or the model did not think; ${missing}`,
      "see that nothing between here and the server drops skip_special_tokens: false, or start vLLM with --reasoning-parser glm45, which keeps the tags by itself",
    );
  }
  const hints: Readonly<Partial<Record<DialectName, string>>> = {
    "think-tags": "; some models think only with their own system text (the key `system`)",
    "opener-in-template": "; the chat template must open the thought",
  };
  return wrong("thinking", missing, `check that the dialect is this model's${hints[dialect.name] ?? ""}`);
}

function hasText(text: string | null): boolean {
  return text !== null && text.trim() !== "";
}
