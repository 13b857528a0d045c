import { edgesInside } from "../measure/measure-edges.js";
import type { Scene } from "../scene.js";
import { percent } from "./number-words.js";

/** The second measurement that was asked, as `what was asked` and `what it said`; both whole clauses without a full stop. */
export function checkWords({ measures, composition }: Scene): { readonly asked: string; readonly said: string } {
  const { edges, sharpness, texture, light } = measures;
  switch (composition.kind) {
    case "flat":
      return {
        asked: "a single tone should have no edges",
        said: `edges cover ${percent(edges.density)} of the pixels`,
      };
    case "slope":
      return { asked: "an even run of tones should be smooth", said: `the grain is ${texture.grain}` };
    case "all-over":
      return {
        asked: "a surface should be about as sharp in one corner as in another",
        said:
          sharpness.spread < 1.5
            ? "the sharpest ninth hardly differs from the softest"
            : `the sharpest ninth has ${times(sharpness.spread)} the detail of the softest`,
      };
    case "halves":
      return {
        asked: `two fields like these should meet in ${composition.seam === "level" ? "a level" : "an upright"} line`,
        said:
          edges.leading === null
            ? "no direction leads among the edges"
            : `${{ horizontal: "level", vertical: "upright", rising: "rising", falling: "falling" }[edges.leading]} edges lead`,
      };
    case "figure": {
      const inside = edgesInside(edges, composition.figure ?? { left: 0, right: 1, top: 0, bottom: 1 });
      return {
        asked: "a subject should hold more edges than its share of the frame",
        said: `the box around it, ${percent(inside.area)} of the frame, holds ${percent(inside.share)} of all edge strength`,
      };
    }
    case "filled":
      return {
        asked: "something that fills the frame should carry detail up to the borders",
        said: `detail is spread ${texture.evenness > 0.8 ? "very evenly" : texture.evenness > 0.6 ? "fairly evenly" : "unevenly"} over the frame`,
      };
    case "patchwork":
      return {
        asked: "several separate parts should give a real range of tones",
        said: `the contrast is ${Math.round(light.contrast)} where 24 would be low`,
      };
  }
}

function times(ratio: number): string {
  return ratio < 2.5 ? "only about twice" : `about ${Math.round(ratio)} times`;
}
