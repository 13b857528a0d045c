import type { ServerLoad } from "../records/index.js";

/**
 * Names in vLLM (new, old, and V0) and SGLang, without the `vllm:` or `sglang:` before and `_total` behind: counters
 * appear with and without it. Sources: vLLM docs usage/metrics, SGLang production metrics, vLLM 0.32 measured.
 */
const NAMES: Readonly<Record<string, keyof ServerLoad>> = {
  "vllm:num_requests_running": "running",
  "vllm:num_requests_waiting": "waiting",
  "vllm:kv_cache_usage_perc": "kvUse",
  "vllm:gpu_cache_usage_perc": "kvUse",
  "vllm:num_preemptions": "preemptions",
  "vllm:generation_tokens": "generated",
  "sglang:num_running_reqs": "running",
  "sglang:num_queue_reqs": "waiting",
  "sglang:num_requests_running": "running",
  "sglang:num_requests_waiting": "waiting",
  "sglang:token_usage": "kvUse",
  "sglang:num_retracted_reqs": "preemptions",
  "sglang:generation_tokens": "generated",
};

/**
 * Reads Prometheus text. Several series of one name (data-parallel engines) are added up; of KV use the fullest counts.
 * Null where the text holds none of the names.
 */
export function readLoad(text: string): ServerLoad | null {
  const found: { -readonly [K in keyof ServerLoad]: number | null } = {
    running: null,
    waiting: null,
    kvUse: null,
    preemptions: null,
    generated: null,
  };
  let any = false;
  for (const line of text.split("\n")) {
    if (!line.startsWith("vllm") && !line.startsWith("sglang")) continue;
    const nameEnd = line.search(/[{ ]/);
    const field =
      NAMES[
        line
          .slice(0, nameEnd)
          .replace("vllm_", "vllm:")
          .replace("sglang_", "sglang:")
          .replace(/_total$/, "")
      ];
    if (field === undefined) continue;
    const value = Number(
      line
        .slice(line.lastIndexOf("}") + 1 || nameEnd)
        .trim()
        .split(" ")[0],
    );
    if (!Number.isFinite(value)) continue;
    any = true;
    const before = found[field];
    found[field] = before === null ? value : field === "kvUse" ? Math.max(before, value) : before + value;
  }
  return any ? found : null;
}
