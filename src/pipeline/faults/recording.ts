import { type Behaviour, readRecording } from "../../testing/index.js";

/** What a real server once sent, as the model `m`. */
export function recording(name: string): Behaviour {
  const recorded = readRecording(new URL(`../../../src/teachers/fixtures/${name}.txt`, import.meta.url));
  return { ...recorded, steps: (recorded.steps ?? []).map((step) => String(step).replaceAll("glm-tiny", "m")) };
}
