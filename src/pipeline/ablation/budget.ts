import { type ArmBudget, type BudgetKind, TRAINING_BATCH } from "../../export/index.js";

/** What a budget is reckoned from. */
export interface ArmSize {
  readonly pairs: number;
  /** Tokens under the loss, of all pairs. */
  readonly tokens: number;
}

/**
 * The steps of an arm under a budget: `epochs` passes over the base arm in batches. With `steps` every arm takes as many
 * steps, so a small one sees its pairs more often; with `tokens` as many as bring it to the base arm's tokens under the
 * loss.
 */
export function budgetOf(arm: ArmSize, base: ArmSize, kind: BudgetKind, epochs: number): ArmBudget {
  const stepsOfBase = Math.ceil((epochs * base.pairs) / TRAINING_BATCH);
  const tokensAStep = ({ tokens, pairs }: ArmSize) => (TRAINING_BATCH * tokens) / pairs;
  const alike = kind === "steps" ? 1 : tokensAStep(base) / tokensAStep(arm);
  const steps = Math.max(1, Math.round(stepsOfBase * alike));
  const examples = steps * TRAINING_BATCH;
  return {
    steps,
    examples,
    tokens: Math.round(steps * tokensAStep(arm)),
    epochs: Number((examples / arm.pairs).toFixed(3)),
  };
}
