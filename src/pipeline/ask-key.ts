import { keysOf, type ModelSpec, type Prompt, type SampleImage } from "../records/index.js";

/** The keys of asking a model about images: see `Question`. */
export function askKeys(model: ModelSpec, prompt: Prompt): (image: SampleImage) => string {
  const keyOf = keysOf({
    prompt: { text: prompt.text, system: model.system ?? prompt.system, imageFirst: prompt.imageFirst },
    model: model.model,
    revision: model.revision,
    // What the observer is told changes its answers as a sampling field does, though it does not travel in the body.
    sampling: model.observer === undefined ? model.sampling : { ...model.sampling, observer: model.observer },
    sampleIndex: 0,
  });
  return (image) => keyOf({ imageSha256: image.sha256, preparation: image.preparation });
}

/** The key of asking a model about one image. */
export function askKey(image: SampleImage, model: ModelSpec, prompt: Prompt): string {
  return askKeys(model, prompt)(image);
}
