/** How a family of models writes its thinking and its answer, and which request fields keep that text whole. */
export interface Dialect {
  readonly name: DialectName;
  /** A reply without thinking is `unparsed`. */
  readonly mustThink: boolean;
  /** The chat template wrote the opener, so a reply starts inside the thinking. */
  readonly openerInTemplate: boolean;
  /** The answer is expected in `<answer>…</answer>`. */
  readonly wantsAnswerTag: boolean;
  /** Reads `\boxed{…}` as the answer. */
  readonly boxed: boolean;
  /** Fields that must go out with every request to this family, e.g. `skip_special_tokens: false`. */
  readonly requestFields: Readonly<Record<string, unknown>>;
}

export const DIALECT_NAMES = ["glm", "kimi", "think-tags", "opener-in-template", "boxed", "plain", "auto"] as const;
export type DialectName = (typeof DIALECT_NAMES)[number];
