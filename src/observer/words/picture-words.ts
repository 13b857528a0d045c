import type { Direction } from "../measure/measure-edges.js";
import type { Light } from "../measure/measure-light.js";
import type { Palette } from "../measure/measure-palette.js";
import type { Measures } from "../measure/measure-picture.js";
import type { Texture } from "../measure/measure-texture.js";

/** The shape of the frame as an adjective. */
export function frameWord(aspect: number): string {
  if (aspect > 2.2) return "very wide";
  if (aspect > 1.12) return "wide";
  if (aspect >= 0.9) return "nearly square";
  return aspect < 0.45 ? "very tall" : "tall";
}

/** How bright the whole is. */
export function levelWord(light: Light): string {
  if (light.mean < 45) return "very dark";
  if (light.mean < 85) return "dark";
  if (light.mean <= 165) return "mid-toned";
  return light.mean > 215 ? "very bright" : "bright";
}

export function contrastWord(light: Light): string {
  if (light.contrast < 6) return "almost no";
  if (light.contrast < 24) return "low";
  if (light.contrast < 45) return "moderate";
  return light.contrast < 62 ? "strong" : "very strong";
}

export type Temperature = "neutral" | "warm" | "partly warm" | "cool" | "partly cool" | "mixed";

/** Whether the hues lean to the warm or the cool side. */
export function temperatureWord({ warm, cool }: Palette): Temperature {
  if (warm + cool < 0.1) return "neutral";
  if (warm > 3 * cool) return warm < 0.5 ? "partly warm" : "warm";
  if (cool > 3 * warm) return cool < 0.5 ? "partly cool" : "cool";
  return "mixed";
}

/** A temperature as an adjective of the whole picture. */
export function moodWord(temperature: Temperature): string {
  return temperature === "mixed" ? "many-hued" : temperature;
}

/** How strong the colours are. */
export function chromaWord(palette: Palette): string {
  if (palette.grey) return "colourless";
  if (palette.chroma < 0.035) return "nearly colourless";
  if (palette.chroma < 0.075 && palette.vivid > 0.12) return "partly vivid";
  if (palette.chroma < 0.075) return "muted";
  return palette.chroma < 0.13 ? "rich" : "vivid";
}

export function sharpnessWord(measures: Measures): string {
  return { soft: "very soft", gentle: "rather soft", clear: "clear", crisp: "crisp" }[measures.sharpness.word];
}

/** A direction as an adjective of edges. */
export function directionWord(direction: Direction): string {
  return { horizontal: "level", vertical: "upright", rising: "rising diagonal", falling: "falling diagonal" }[
    direction
  ];
}

export function grainPhrase(texture: Texture): string {
  return {
    smooth: "smooth, with hardly any change from one spot to the next",
    fine: "fine-grained, with the brightness changing every few pixels",
    medium: "of a middling grain, with details a few pixels wide",
    coarse: "made of broad forms, with more change between large patches than inside them",
  }[texture.grain];
}

/** Agreement with a mirror image as an adjective; null where the picture is all one colour. */
export function symmetryWord(agreement: number | null): string | null {
  if (agreement === null) return null;
  if (agreement > 0.85) return "almost perfect";
  if (agreement > 0.55) return "clear";
  if (agreement > 0.25) return "loose";
  return agreement > -0.3 ? "no real" : "the reverse of";
}
