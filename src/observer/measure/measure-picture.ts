import { toCoarseGrid } from "./coarse-grid.js";
import type { ColourTable } from "./colour-table.js";
import { type Edges, measureEdges } from "./measure-edges.js";
import { type Light, measureLight } from "./measure-light.js";
import { measurePalette, type Palette } from "./measure-palette.js";
import { measureRegions, type Region } from "./measure-regions.js";
import { measureSharpness, type Sharpness } from "./measure-sharpness.js";
import { measureSymmetry, type Symmetry } from "./measure-symmetry.js";
import { measureTexture, type Texture } from "./measure-texture.js";
import { measureThirds, type Thirds } from "./measure-thirds.js";
import { type Pixels, toPlanes } from "./pixels.js";

/** Everything the observer knows of a picture; its words say nothing that is not here. */
export interface Measures {
  /** Width over height. */
  readonly aspect: number;
  readonly palette: Palette;
  readonly light: Light;
  readonly sharpness: Sharpness;
  readonly edges: Edges;
  readonly texture: Texture;
  readonly symmetry: Symmetry;
  readonly thirds: Thirds;
  /** Largest first. */
  readonly regions: readonly Region[];
}

/** Measures a decoded picture of any size from one pixel up; a few milliseconds at 256 pixels a side. */
export function measurePicture(pixels: Pixels, table: ColourTable): Measures {
  const planes = toPlanes(pixels, table);
  const grid = toCoarseGrid(planes);
  return {
    aspect: pixels.width / pixels.height,
    palette: measurePalette(planes),
    light: measureLight(planes, grid),
    sharpness: measureSharpness(planes),
    edges: measureEdges(planes),
    texture: measureTexture(planes),
    symmetry: measureSymmetry(grid),
    thirds: measureThirds(grid),
    regions: measureRegions(grid),
  };
}
