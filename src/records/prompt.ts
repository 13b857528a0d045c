/** A named, versioned template: what is asked of every picture. */
export interface Prompt {
  /** `imagenet-think`, or `custom` for a text written in the recipe. */
  readonly name: string;
  readonly version: number;
  readonly text: string;
  readonly system: string | null;
  /** Whether the picture stands before the text. */
  readonly imageFirst: boolean;
}
