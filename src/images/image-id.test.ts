import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { IMAGE_ID } from "../records/index.js";
import { classOfPath, nameImage, nameImageByBytes } from "./image-id.js";

const hashOf = (path: string) => `p-${createHash("sha256").update(path).digest("hex").slice(0, 16)}`;

const CASES: readonly { path: string; label?: string; id: string; class: string | null; fileName?: string }[] = [
  { path: "n02123045/n02123045_1.JPEG", id: "n02123045_1", class: "n02123045" },
  { path: "n02123045_1.jpg", id: "n02123045_1", class: "n02123045", fileName: "n02123045/n02123045_1.JPEG" },
  {
    path: "a/n02123045/n02123045_n02123045_11054.JPEG",
    id: "n02123045_11054",
    class: "n02123045",
    fileName: "n02123045/n02123045_11054.JPEG",
  },
  { path: "n02123045_007.png", id: "n02123045_007", class: "n02123045", fileName: "n02123045/n02123045_007.JPEG" },
  // The name decides, not the folder it strayed into, nor a label.
  {
    path: "dogs/n02123045_1.JPEG",
    label: "x",
    id: "n02123045_1",
    class: "n02123045",
    fileName: "n02123045/n02123045_1.JPEG",
  },
  // Two wnids in one name, no number, no extension, two dots: not ImageNet's.
  { path: "n02123045_n02898369_1.JPEG", id: hashOf("n02123045_n02898369_1.JPEG"), class: null },
  { path: "n02123045/n02123045_x.JPEG", id: hashOf("n02123045/n02123045_x.JPEG"), class: "n02123045" },
  { path: "n02123045_1", id: hashOf("n02123045_1"), class: null },
  { path: "n02123045_1.small.jpg", id: hashOf("n02123045_1.small.jpg"), class: null },
  { path: "n0212304_1.JPEG", id: hashOf("n0212304_1.JPEG"), class: null },
  { path: "N02123045_1.JPEG", id: hashOf("N02123045_1.JPEG"), class: null },
  { path: "cats/tabby.jpg", id: hashOf("cats/tabby.jpg"), class: "cats" },
  { path: "train/cats/tabby.jpg", label: "dog", id: hashOf("train/cats/tabby.jpg"), class: "train/cats" },
  { path: "n02123045/n02898369/small/a.jpg", id: hashOf("n02123045/n02898369/small/a.jpg"), class: "n02898369" },
  { path: "a.jpg", label: "dog", id: hashOf("a.jpg"), class: "dog" },
  { path: "a.jpg", label: "n02123045", id: hashOf("a.jpg"), class: "n02123045" },
  { path: "a.jpg", label: "  ", id: hashOf("a.jpg"), class: null },
  { path: "a.jpg", id: hashOf("a.jpg"), class: null },
  // A decomposed name is the same picture as the composed one.
  { path: "ku\u0308he/u\u0308.jpg", id: hashOf("kühe/ü.jpg"), class: "kühe", fileName: "kühe/ü.jpg" },
  // Seventy digits still fit into an id, more do not.
  {
    path: `n02123045_${"1".repeat(70)}.jpg`,
    id: `n02123045_${"1".repeat(70)}`,
    class: "n02123045",
    fileName: `n02123045/n02123045_${"1".repeat(70)}.JPEG`,
  },
  { path: `n02123045_${"1".repeat(71)}.jpg`, id: hashOf(`n02123045_${"1".repeat(71)}.jpg`), class: null },
];

for (const { path, label, id, class: key, fileName } of CASES) {
  test(`${path.slice(0, 60)}${label === undefined ? "" : ` labelled ${JSON.stringify(label)}`} is ${id.slice(0, 30)} of class ${key}`, () => {
    assert.deepEqual(nameImage(path, label), { id, class: key, fileName: fileName ?? path });
    assert.equal(classOfPath(path, label), key);
    assert.match(id, IMAGE_ID);
  });
}

test("a row without a path is named by its bytes", () => {
  const sha256 = createHash("sha256").update("bytes").digest("hex");
  const id = `b-${sha256.slice(0, 16)}`;
  assert.deepEqual(nameImageByBytes(sha256, "dog"), { id, class: "dog", fileName: id });
  assert.deepEqual(nameImageByBytes(sha256), { id, class: null, fileName: id });
});
