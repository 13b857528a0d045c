import assert from "node:assert/strict";
import { test } from "node:test";
import { BLACK, GREEN, PAINTED, paint, RED, WHITE } from "../painted.js";
import { makeColourTable } from "./colour-table.js";
import { measurePicture } from "./measure-picture.js";
import type { Pixels } from "./pixels.js";

const table = makeColourTable();
const measure = (pixels: Pixels) => measurePicture(pixels, table);
const near = (value: number | null, wanted: number, by = 0.03) =>
  assert.ok(value !== null && Math.abs(value - wanted) <= by, `${value} is not near ${wanted}`);

test("a red left half and a blue right half are named, measured and placed", () => {
  const { palette, regions, symmetry, edges, aspect } = measure(PAINTED.redLeftBlueRight());
  assert.deepEqual(palette.swatches.map(({ name }) => name).sort(), ["blue", "red"]);
  near(palette.swatches[0]?.share ?? 0, 0.5);
  near(palette.warm, 0.5);
  near(palette.cool, 0.5);
  assert.equal(palette.grey, false);
  const red = regions.find(({ name }) => name === "red");
  const blue = regions.find(({ name }) => name === "blue");
  assert.equal(regions.length, 2);
  near(red?.x ?? 0, 0.25);
  near(blue?.x ?? 0, 0.75);
  assert.deepEqual(red?.touches, ["left", "top", "bottom"]);
  assert.deepEqual(blue?.touches, ["right", "top", "bottom"]);
  near(symmetry.leftRight, -1);
  near(symmetry.topBottom, 1);
  assert.equal(edges.leading, "vertical");
  assert.equal(aspect, 1.5);
});

test("level stripes have level edges and mirror left to right", () => {
  const { edges, texture, palette, symmetry, sharpness } = measure(PAINTED.levelStripes());
  assert.equal(edges.leading, "horizontal");
  near(edges.agreement, 1);
  assert.ok((edges.directions[0] ?? 0) > 0.99);
  assert.ok(edges.density > 0.4);
  assert.ok(texture.evenness > 0.95);
  assert.equal(palette.grey, true);
  assert.ok(symmetry.leftRight === null || symmetry.leftRight > 0.99);
  assert.equal(sharpness.word, "crisp");
});

test("lines that fall to the right are told from lines that rise", () => {
  const falling = PAINTED.fallingLines();
  assert.equal(measure(falling).edges.leading, "falling");
  const rising = paint(192, 128, (x, y) => ((x + y) % 16 < 8 ? BLACK : WHITE));
  assert.equal(measure(rising).edges.leading, "rising");
});

test("an even gradient is one smooth slope of light towards its bright side", () => {
  const { light, texture, edges, sharpness } = measure(PAINTED.gradient());
  assert.deepEqual(light.slope?.towards, { column: 2, row: 1 });
  assert.ok((light.slope?.fit ?? 0) > 0.95);
  assert.equal(light.brightPlace.column, 2);
  assert.equal(light.darkPlace.column, 0);
  assert.equal(texture.grain, "smooth");
  assert.equal(edges.density, 0);
  assert.equal(sharpness.word, "soft");
});

test("a centred disc is one compact region clear of every edge, and symmetric both ways", () => {
  const { regions, symmetry, edges, sharpness } = measure(PAINTED.disc());
  const disc = regions.find(({ name }) => name === "red");
  assert.ok(disc);
  near(disc.x, 0.5);
  near(disc.y, 0.5);
  near(disc.share, (Math.PI * 36 * 36) / (192 * 128), 0.05);
  near(disc.fill, Math.PI / 4, 0.1);
  assert.deepEqual(disc.touches, []);
  assert.deepEqual(regions[0]?.touches, ["left", "right", "top", "bottom"]);
  assert.ok((symmetry.leftRight ?? 0) > 0.9 && (symmetry.topBottom ?? 0) > 0.9);
  assert.deepEqual(sharpness.softest === sharpness.sharpest, false);
  assert.ok((edges.ninths[0] ?? 1) < 0.02);
});

test("light tells dark from bright, and where the bright part lies", () => {
  const { light, palette } = measure(PAINTED.cornerPatch());
  assert.equal(light.key, "low");
  assert.deepEqual(light.brightPlace, { column: 2, row: 2 });
  near(light.shadow, 0.93, 0.02);
  near(light.glare, 0.07, 0.02);
  assert.equal(palette.swatches[0]?.name, "black");
  assert.equal(measure(paint(64, 64, () => WHITE)).light.key, "high");
});

test("noise is fine-grained and the same everywhere; a flat picture is smooth and has nothing to mirror", () => {
  const noise = measure(PAINTED.noise());
  assert.equal(noise.texture.grain, "fine");
  assert.ok(noise.texture.evenness > 0.95);
  assert.ok(noise.edges.density > 0.8);
  const flat = measure(PAINTED.flat());
  assert.equal(flat.texture.grain, "smooth");
  assert.equal(flat.light.contrast, 0);
  assert.deepEqual(flat.symmetry, { leftRight: null, topBottom: null });
  assert.equal(flat.regions.length, 1);
  assert.equal(flat.edges.leading, null);
});

test("the three strips of a picture are named from top to bottom", () => {
  const flag = paint(120, 90, (_, y) => (y < 30 ? BLACK : y < 60 ? RED : GREEN));
  assert.deepEqual(measure(flag).thirds, ["black", "red", "green"]);
});

test("the regions cover the whole picture", () => {
  for (const picture of Object.values(PAINTED)) {
    near(
      measure(picture()).regions.reduce((sum, { share }) => sum + share, 0),
      1,
      1e-9,
    );
  }
});

test("pictures one pixel wide or high are measured without a number that is none", () => {
  for (const [width, height] of [
    [1, 1],
    [256, 1],
    [1, 256],
    [2, 2],
    [3, 100],
  ] as const) {
    const text = JSON.stringify(
      measure(paint(width, height, (x, y) => ((x + y) % 2 === 0 ? RED : WHITE))),
      (_, value) => (typeof value === "number" && !Number.isFinite(value) ? "none" : value),
    );
    assert.ok(!text.includes('"none"'), `${width} × ${height}: ${text}`);
  }
});
