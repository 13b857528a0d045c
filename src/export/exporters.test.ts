import assert from "node:assert/strict";
import { test } from "node:test";
import { exporterNamed, exporters } from "./exporters.js";

test("every format is found by its own name, which no other has", () => {
  for (const exporter of exporters) assert.equal(exporterNamed(exporter.format), exporter);
});

test("an unknown format is refused with the nearest known one", () => {
  assert.throws(() => exporterNamed("hugingface"), {
    name: "UsageError",
    message: /"hugingface".*did you mean "huggingface"/,
  });
});
