import type { Scene } from "../scene.js";

/** A reading that often goes with what was measured: what was seen, what it may mean, and why it may not. */
export interface Hint {
  readonly seen: string;
  readonly mayBe: string;
  readonly orElse: string;
}

const BLUES = /blue|navy|aqua/;
const GREENS = /green|olive|sage/;

/** At most two hints, the more telling first. None of them is a finding. */
export function hintsOf({ measures }: Scene): Hint[] {
  const { palette, light, sharpness, thirds, texture } = measures;
  const family = (name: string): number => palette.families.find((one) => one.family === name)?.share ?? 0;
  const hints: Hint[] = [];
  if (BLUES.test(thirds[0])) {
    hints.push({
      seen: `${thirds[0]} along the top`,
      mayBe: light.key === "low" ? "a sky at dusk" : "sky",
      orElse: "a painted wall",
    });
  }
  if (family("green") > 0.15 || GREENS.test(thirds[2])) {
    hints.push({ seen: "that much green", mayBe: "plants", orElse: "paint or cloth" });
  }
  if (light.key === "low" && light.shadow > 0.25) {
    hints.push({ seen: "so much shadow", mayBe: "little light", orElse: "dark things in good light" });
  }
  if (palette.grey) {
    hints.push({
      seen: "the lack of any hue",
      mayBe: "a black-and-white photograph",
      orElse: "a grey thing under neutral light",
    });
  }
  if (sharpness.word === "soft") {
    hints.push({ seen: "the missing fine detail", mayBe: "blur or movement", orElse: "a truly smooth surface" });
  }
  if (palette.warm > 0.8 && family("brown") > 0.5) {
    hints.push({ seen: "brown over brown", mayBe: "fur, wood or earth", orElse: "anything under a warm lamp" });
  } else if (palette.warm > 0.6 && palette.vivid > 0.4) {
    hints.push({ seen: "strong warm colour", mayBe: "glaze, fabric or food", orElse: "lamp light on something paler" });
  }
  if (light.key === "high" && palette.vivid < 0.1) {
    hints.push({ seen: "so much pale ground", mayBe: "snow, paper or a studio wall", orElse: "overexposure" });
  }
  if (hints.length === 0 && texture.grain === "fine") {
    hints.push({ seen: "the fine grain", mayBe: "a rough material", orElse: "noise" });
  }
  return hints.slice(0, 2);
}
