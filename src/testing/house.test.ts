import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../../src", import.meta.url));
const ROOMS = readdirSync(SRC, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
/** Who may walk into which rooms: everyone into records, the pipeline everywhere, the faces only through the pipeline. */
const FACES = ["cli", "server"];

function mayImport(from: string, to: string): boolean {
  if (to === from || to === "records") return true;
  if (from === "pipeline") return !FACES.includes(to);
  return FACES.includes(from) && to === "pipeline";
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

test("rooms meet only in records, and the pipeline alone knows them all", () => {
  const broken: string[] = [];
  for (const file of files) {
    const room = file.split("/")[0] ?? "";
    // `test-….ts` holds what several tests of a room need.
    const isTest = file.endsWith(".test.ts") || basename(file).startsWith("test-");
    for (const [, target = ""] of readFileSync(join(SRC, file), "utf8").matchAll(
      /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g,
    )) {
      const reached = relative(SRC, join(SRC, file, "..", target)).split("/")[0] ?? "";
      const allowed = mayImport(room, reached) || (isTest && reached === "testing") || (isTest && room === "testing");
      if (!allowed) broken.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test("another room is entered by its door only", () => {
  const broken: string[] = [];
  for (const file of files) {
    const room = file.split("/")[0] ?? "";
    for (const [, target = ""] of readFileSync(join(SRC, file), "utf8").matchAll(
      /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g,
    )) {
      const path = relative(SRC, join(SRC, file, "..", target));
      const reached = path.split("/")[0] ?? "";
      if (reached !== room && reached !== "testing" && basename(path) !== "index.js")
        broken.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test("every room has a door, and the package opens exactly those", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    exports: Record<string, string>;
  };
  assert.deepEqual(Object.keys(manifest.exports).sort(), ROOMS.map((room) => `./${room}`).sort());
  for (const room of ROOMS) {
    assert.equal(manifest.exports[`./${room}`], `./dist/${room}/index.js`);
    assert.ok(files.includes(`${room}/index.ts`), `${room} has no index.ts`);
  }
});

test("records imports nothing of ours", () => {
  for (const file of files.filter((name) => name.startsWith("records/") && !name.endsWith(".test.ts"))) {
    for (const [, target = ""] of readFileSync(join(SRC, file), "utf8").matchAll(/from "(\.[^"]+)"/g)) {
      assert.match(target, /^\.\/[a-z-]+\.js$/, `${file} imports ${target}`);
    }
  }
});
