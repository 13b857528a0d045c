import type { Slots } from "./slots.js";

const REASONS = ["stop", "length", "abort", "error", "repetition"] as const;

/** Counters since the start of a server. */
export interface Gauges {
  countPrompt(tokens: number): void;
  /** Counts a reply that reached its end. One that the client left counts nowhere, as with vLLM. */
  countReply(finish: "stop" | "length", tokens: number): void;
  /** Prometheus text with the names of vLLM 0.32. */
  render(): string;
}

/** `slots` are read when the text is made; the share of them in use stands for the use of the KV cache. */
export function createGauges(model: string, slots: Slots, places: number): Gauges {
  const totals = { prompt: 0, generation: 0 };
  const finished = { stop: 0, length: 0, abort: 0, error: 0, repetition: 0 };
  const served = model.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
  const labels = `engine="0",model_name="${served}"`;
  const lines = (kind: "gauge" | "counter", name: string, help: string, value: number): string[] => [
    `# HELP vllm:${name} ${help}`,
    `# TYPE vllm:${name} ${kind}`,
    `vllm:${name}{${labels}} ${value}`,
  ];
  return {
    countPrompt(tokens) {
      totals.prompt += tokens;
    },
    countReply(finish, tokens) {
      finished[finish]++;
      totals.generation += tokens;
    },
    render() {
      return [
        ...lines("gauge", "num_requests_running", "Requests being answered.", slots.running),
        ...lines("gauge", "num_requests_waiting", "Requests waiting for a slot.", slots.waiting),
        ...lines("gauge", "kv_cache_usage_perc", "Share of slots in use; 1 is all.", slots.running / places),
        ...lines("counter", "num_preemptions_total", "Preemptions; the observer has none.", 0),
        ...lines("counter", "prompt_tokens_total", "Prompt tokens read.", totals.prompt),
        ...lines("counter", "generation_tokens_total", "Tokens written in finished replies.", totals.generation),
        "# HELP vllm:request_success_total Finished requests by reason.",
        "# TYPE vllm:request_success_total counter",
        ...REASONS.map(
          (reason) =>
            `vllm:request_success_total{engine="0",finished_reason="${reason}",model_name="${served}"} ${finished[reason]}`,
        ),
        "",
      ].join("\n");
    },
  };
}
