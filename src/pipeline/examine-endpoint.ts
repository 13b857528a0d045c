import type { Capabilities, ModelSpec } from "../records/index.js";
import { type DoctorCheck, note, ok, wrong } from "./doctor-check.js";
import { examineThinking } from "./examine-thinking.js";

/** What a probe's findings mean for asking this model at this endpoint. */
export function examineEndpoint(seen: Capabilities, model: ModelSpec, budget: number): readonly DoctorCheck[] {
  const server = examineServer(seen, model);
  const before = [server, ...examineContext(seen, model), ...examineFields(seen, model)];
  const { reply } = seen;
  if (seen.problem !== null || reply === null) return before;
  return [
    ...before,
    examineThinking(reply, model.dialect, seen.refusedFields),
    examineEnd(seen, model, budget),
    examinePicture(seen),
    examineStream(seen),
    examineFiles(seen),
    examineSpeed(seen),
  ];
}

function examineServer(seen: Capabilities, model: ModelSpec): DoctorCheck {
  const called = seen.version === null ? "answers" : `version ${seen.version} answers`;
  const { problem, models } = seen;
  if (problem === null) return ok("server", `${called} as ${seen.reply?.model ?? model.model}`);
  const others = models !== null && !models.includes(model.model) ? models.slice(0, 10).join(", ") : null;
  switch (problem.kind) {
    case "unreachable":
    case "timed-out":
    case "broken-stream":
      return wrong("server", problem.message, "start the server or wait until it is ready, or correct `endpoints`");
    case "busy":
      return wrong("server", problem.message, "wait until it has room, or give it fewer clients");
    case "unauthorized":
      return wrong("server", problem.message, keyAdvice(model));
    case "wrong-model":
      return wrong(
        "server",
        problem.message,
        others === null ? "correct `endpoints` or `model` in the recipe" : `set \`model\` to what it serves: ${others}`,
      );
    case "rejected-by-server":
      return wrong("server", problem.message, "change what the server names in the recipe, or its flags");
    default:
      return wrong("server", problem.message, "look at the server's log, then start `doctor` again");
  }
}

function keyAdvice({ apiKeyEnv }: ModelSpec): string {
  return apiKeyEnv === null
    ? "put the key into an environment variable and name it in `apiKeyEnv`"
    : `set ${apiKeyEnv} to a key that this server takes`;
}

function examineContext({ maxModelLen, reply, problem }: Capabilities, model: ModelSpec): readonly DoctorCheck[] {
  const { max_tokens: limit } = model.sampling;
  const maxTokens = typeof limit === "number" ? limit : null;
  if (maxModelLen === null) {
    return problem === null ? [note("context", "the server does not tell its context length")] : [];
  }
  if (maxTokens === null) return [ok("context", `${count(maxModelLen)} tokens`)];
  const prompt = reply?.promptTokens ?? 0;
  const room = maxModelLen - maxTokens;
  if (room <= prompt) {
    return [
      wrong(
        "context",
        `${count(maxModelLen)} tokens hold no maxTokens of ${count(maxTokens)} beside a prompt of ${prompt === 0 ? "a picture" : count(prompt)}`,
        `set maxTokens to at most ${count(Math.max(1, maxModelLen - Math.max(prompt, 1) - 1_000))}, or start the server with a larger --max-model-len`,
      ),
    ];
  }
  return [
    ok(
      "context",
      `${count(maxModelLen)} tokens; maxTokens ${count(maxTokens)} leaves ${count(room)} for picture and prompt`,
    ),
  ];
}

/** Fields that say how a reply travels, and the dialect's, may be left out; the others are the question itself. */
function examineFields(seen: Capabilities, model: ModelSpec): readonly DoctorCheck[] {
  const spare = new Set(["stream_options", "stream_interval", ...Object.keys(model.dialect.requestFields)]);
  const left = seen.refusedFields.filter((name) => spare.has(name));
  const asked = seen.refusedFields.filter((name) => !spare.has(name));
  if (asked.length > 0) {
    return [
      wrong(
        "fields",
        `the server refuses ${asked.join(", ")}`,
        `take ${asked.length === 1 ? "it" : "them"} out of the recipe (\`extra\`, or the key of that name), or use a server that takes ${asked.length === 1 ? "it" : "them"}`,
      ),
    ];
  }
  if (seen.problem !== null) return [];
  if (left.length > 0) return [note("fields", `the server refuses ${left.join(", ")}; a run leaves them out for it`)];
  return [ok("fields", "every field of the request is taken")];
}

function examineEnd({ reply }: Capabilities, model: ModelSpec, budget: number): DoctorCheck {
  const reason = reply?.finishReason ?? null;
  if (reason !== "length") return ok("ending", `finish reason ${reason}`);
  const { max_tokens: limit } = model.sampling;
  if (typeof limit === "number" && limit <= budget) {
    return note(
      "ending",
      `maxTokens ${count(limit)} cut the reply to a small picture (finish reason length)`,
      "raise maxTokens: cut replies are kept as truncated",
    );
  }
  return ok("ending", `cut at the ${count(budget)} tokens of this probe (finish reason length)`);
}

function examinePicture({ reply, textPromptTokens }: Capabilities): DoctorCheck {
  const tokens = reply?.promptTokens ?? null;
  if (tokens === null || textPromptTokens === null) {
    return note("picture", "the server counts no prompt tokens, so it is not known whether it sees the picture");
  }
  if (tokens > textPromptTokens) {
    return ok("picture", `is seen: ${count(tokens - textPromptTokens)} of ${count(tokens)} prompt tokens`);
  }
  return wrong(
    "picture",
    `is not seen: ${count(tokens)} prompt tokens with it and ${count(textPromptTokens)} without`,
    'serve a model that reads pictures (llama.cpp needs --mmproj; vLLM must not be told {"image":0})',
  );
}

function examineStream({ reply, sendsDone, takesStreamInterval }: Capabilities): DoctorCheck {
  const facts = [
    takesStreamInterval === true ? "20 tokens an event (stream_interval)" : "the server's own size of events",
    reply?.completionTokens === null ? "no token counts" : "token counts",
    sendsDone === true ? "[DONE] at the end" : "no [DONE] at the end",
  ];
  const seen = facts.join(", ");
  return reply?.completionTokens === null
    ? note("stream", `${seen}: tokens of this endpoint stay unknown in every total`)
    : ok("stream", seen);
}

function examineFiles({ readsFiles, filesSeen }: Capabilities): DoctorCheck {
  if (readsFiles === true) return ok("file://", "read by the server: pictures that are files are not sent at all");
  const why = filesSeen === null ? "" : ` (${filesSeen})`;
  return ok(
    "file://",
    readsFiles === false ? `not used${why}; pictures are sent as base64` : "not tried; pictures are sent as base64",
  );
}

function examineSpeed({ tokensPerSecond, firstTokenMs }: Capabilities): DoctorCheck {
  const first = firstTokenMs === null ? "" : `, first token after ${count(firstTokenMs)} ms`;
  return tokensPerSecond === null
    ? ok("speed", `too short a reply to tell${first}`)
    : ok("speed", `${count(tokensPerSecond)} tokens/s for one request${first}`);
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
