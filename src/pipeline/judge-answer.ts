import { type Answer, type Fault, type FaultKind, readFinishReason } from "../records/index.js";

/** Whether a fault uses up one of the cell's tries. `if-endpoint-lives`: only where the endpoint demonstrably still works. */
export type Charge = "never" | "always" | "if-endpoint-lives";

/** What a fault says about the endpoint: `busy` cuts its limit, `ailing` lets it rest, `out` takes it out for this start. */
export type EndpointMark = "fine" | "busy" | "ailing" | "out";

export interface Judgement {
  /** Null where the reply is accepted. */
  readonly fault: Fault | null;
  readonly charge: Charge;
  readonly endpoint: EndpointMark;
}

/** One row a kind of fault; the contract's "When a cell is final" as a table. */
const TABLE: Readonly<Record<FaultKind, Pick<Judgement, "charge" | "endpoint">>> = {
  // A stream without a finish reason; vLLM after SIGTERM: 200, part of a text, `abort` (vllm-kill-sigterm-default).
  incomplete: { charge: "always", endpoint: "fine" },
  "unknown-finish-reason": { charge: "always", endpoint: "fine" },
  // 200 with HTML, half a JSON or another type, as proxies send it.
  "bad-reply": { charge: "always", endpoint: "fine" },
  // 400, 422, 501, and a 500 that names a file, host or URL (vllm-error-context, vllm-error-url-refused, vllm-file-missing).
  "rejected-by-server": { charge: "always", endpoint: "fine" },
  "image-changed": { charge: "always", endpoint: "fine" },
  // Asked alone it took an endpoint down, for at least the second time.
  "set-aside": { charge: "always", endpoint: "fine" },
  // A reset in the middle, or cancelled because /health refuses while the sockets hang (vllm-kill-sigterm-hang).
  "broken-stream": { charge: "if-endpoint-lives", endpoint: "ailing" },
  "timed-out": { charge: "if-endpoint-lives", endpoint: "ailing" },
  // Other 5xx; an engine that died (vllm-kill-engine-killed-nonstream); a draining server (vllm-drain-new-request).
  "server-error": { charge: "never", endpoint: "ailing" },
  // What broke off an answer, once the endpoint does not answer a probe either (ask-cell.ts).
  "endpoint-gone": { charge: "never", endpoint: "ailing" },
  // Nothing listens: starting, restarting, gone.
  unreachable: { charge: "never", endpoint: "ailing" },
  // 429, 503, 529: vLLM with its queue cap reached (vllm-full-503, vllm-full-stream).
  busy: { charge: "never", endpoint: "busy" },
  // 401, 403 (vllm-auth-none).
  unauthorized: { charge: "never", endpoint: "out" },
  // 404 of the model, or another name in the reply (vllm-error-model, transformers-error-model).
  "wrong-model": { charge: "never", endpoint: "out" },
  interrupted: { charge: "never", endpoint: "fine" },
};

/**
 * All that vLLM says of a request its engine gave up, whatever the reason. After a refusal the reason is known: its front
 * took the refused picture for known to the engine, and forgets it with this answer (vllm-full-stream-again).
 */
const GIVEN_UP = /: Internal server error$/;

/** Says what an answer means for its cell and its endpoint. `wasRefused`: the cell's request before it found a full queue. */
export function judgeAnswer(answer: Answer, wasRefused = false): Judgement {
  const fault = answer.fault ?? faultOfFinish(answer);
  if (fault === null) return { fault: null, charge: "never", endpoint: "fine" };
  // transformers-error-unexpected-field: what it names is left out from now on. A picture that fails as `file://` goes out as base64.
  if (answer.goesOtherwise === true) return { fault, charge: "never", endpoint: "fine" };
  const row = TABLE[fault.kind];
  if (wasRefused && fault.kind === "server-error" && GIVEN_UP.test(fault.message)) {
    return { fault, charge: "never", endpoint: "fine" };
  }
  // vllm-kill-engine-killed: an error event and then `[DONE]`. An abort or an error inside a 200 says as much about the server as about this cell; so it is held against the cell
  // only where the server goes on answering others.
  const insideReply = answer.status === 200 && (fault.kind === "server-error" || isBrokenOff(answer));
  return { fault, ...row, ...(insideReply ? { charge: "if-endpoint-lives", endpoint: "ailing" } : {}) };
}

/**
 * With `abort`, or before its first token: then vLLM, stopped while the request waits in its queue, sends no finish reason,
 * and its usage counts no token (vllm-kill-sigterm-waiting).
 */
function isBrokenOff({ reply }: Answer): boolean {
  if (reply === null) return false;
  const { finishReason, completionTokens, content, reasoning } = reply;
  if (finishReason !== null) return readFinishReason(finishReason) === "incomplete";
  return completionTokens === 0 && (content ?? "") === "" && (reasoning ?? "") === "";
}

function faultOfFinish(answer: Answer): Fault | null {
  const reason = answer.reply?.finishReason ?? null;
  switch (readFinishReason(reason)) {
    case "finished":
      return null;
    case "incomplete":
      return {
        kind: "incomplete",
        message: reason === null ? "the reply ended without a finish reason" : `the reply was broken off (${reason})`,
        body: null,
      };
    case "unknown":
      return { kind: "unknown-finish-reason", message: `the finish reason "${reason}" is not known`, body: null };
  }
}
