import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("this room's door does not load the picture library", () => {
  const door = fileURLToPath(new URL("./index.js", import.meta.url));
  const script = `import { createRequire } from "node:module";
    await import(${JSON.stringify(door)});
    console.log(Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes("sharp")).length);`;
  const loaded = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.equal(loaded.trim(), "0");
});
