import { keyOf, type ModelSpec, type Prompt, type SampleImage } from "../records/index.js";

/** The key of asking a model about an image: see `Question`. */
export function askKey(image: SampleImage, model: ModelSpec, prompt: Prompt): string {
  return keyOf({
    imageSha256: image.sha256,
    preparation: image.preparation,
    prompt: { text: prompt.text, system: model.system ?? prompt.system, imageFirst: prompt.imageFirst },
    model: model.model,
    revision: model.revision,
    // What the observer is told changes its answers as a sampling field does, though it does not travel in the body.
    sampling: model.observer === undefined ? model.sampling : { ...model.sampling, observer: model.observer },
    sampleIndex: 0,
  });
}
