import type { Outcome } from "../records/index.js";
import { openStore } from "../store/index.js";
import { compareRecipes } from "./compare-recipes.js";
import { countToDraw, readDrawnFacts } from "./draw-images.js";
import { PAPER_COMPLETION_TOKENS, PAPER_PROMPT_TOKENS, sealedBytes } from "./estimate-disk.js";
import { planCells } from "./plan-cells.js";
import { planRecipe } from "./plan-recipe.js";
import { statusOf } from "./read-status.js";
import { openShard, type Shard, WHOLE, writersElsewhere } from "./shard.js";
import { refuseDifferences } from "./take-over.js";

/** What a start would ask, with an estimate. */
export interface RunPlan {
  readonly name: string;
  /** Of the shard, where one is asked for. */
  readonly images: number;
  /** Those of them that are still to be drawn: as many as there are, if the gate turns none away. */
  readonly toDraw: number;
  readonly cells: number;
  readonly models: readonly {
    readonly name: string;
    readonly model: string;
    readonly toAsk: number;
    readonly maxTokens: number;
  }[];
  /** Prompt and completion tokens together. */
  readonly tokens: number;
  readonly megabytes: number;
  /** What the estimate rests on. */
  readonly basis: string;
}

/** The command `run --dry-run`: reads recipe and folder, writes nothing, asks nobody. */
export async function planOnly(
  recipeFile: string,
  options: {
    out: string;
    again: readonly Outcome[];
    limit: number | null;
    shard: Shard | null;
    maxTokens: number | null;
    say: (sentence: string) => void;
  },
): Promise<RunPlan> {
  const plan = await planRecipe(recipeFile);
  const store = await openStore(options.out, { say: options.say });
  const run = await store.readHeader();
  if (run !== null) refuseDifferences(store.path, compareRecipes(run, plan.header), options.again.length > 0);
  const header = plan.header;
  const shard = options.shard ?? WHOLE;
  const images = (run === null ? null : await store.readSample(await openShard(shard))) ?? [];
  const elsewhere = await writersElsewhere(store, shard);
  const planned = await planCells(store, header.models, images, options.again, elsewhere);
  const isDrawn = (await readDrawnFacts(store, header)) !== null;
  const wanted = isDrawn ? images.length : Math.round((await countToDraw(plan, options.say)) / shard.count);
  const toDraw = Math.max(0, wanted - images.length);
  const size = images.length + toDraw;
  let allowance = options.limit ?? Number.POSITIVE_INFINITY;
  const models = header.models.map((model) => {
    const open = planned.find((each) => each.model.name === model.name)?.cells.length ?? 0;
    const toAsk = Math.min(open + toDraw, allowance);
    allowance -= toAsk;
    const maxTokens = options.maxTokens ?? Number(model.sampling.max_tokens);
    return { name: model.name, model: model.model, toAsk, maxTokens };
  });
  const toAsk = models.reduce((sum, model) => sum + model.toAsk, 0);
  const seen = run === null ? null : meanTokens(await statusOf(store, run));
  const mean = seen ?? { prompt: PAPER_PROMPT_TOKENS, completion: PAPER_COMPLETION_TOKENS };
  return {
    name: header.name,
    images: size,
    toDraw,
    cells: size * header.models.length,
    models,
    tokens: Math.round(toAsk * (mean.prompt + mean.completion)),
    megabytes: Math.ceil(sealedBytes(toAsk * mean.completion) / 1e6),
    basis:
      seen === null
        ? "the paper's mean of 1,542 tokens a reply and 1,000 a picture"
        : "the mean of this run's replies so far",
  };
}

function meanTokens(status: Awaited<ReturnType<typeof statusOf>>): { prompt: number; completion: number } | null {
  let attempts = 0;
  let prompt = 0;
  let completion = 0;
  for (const model of Object.values(status.models)) {
    attempts += model.attempts;
    prompt += model.promptTokens;
    completion += model.completionTokens;
  }
  return attempts === 0 || completion === 0 ? null : { prompt: prompt / attempts, completion: completion / attempts };
}
