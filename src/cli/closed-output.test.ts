import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const MAIN = new URL("./main.js", import.meta.url).href;
const PRINT = new URL("./print.js", import.meta.url).href;

/** Runs code whose standard output goes to a reader that has ended already. */
function withoutReader(code: string) {
  const script = `"${process.execPath}" --input-type=module -e '${code}' | true; exit 0`;
  return spawnSync("sh", ["-c", script], { encoding: "utf8" }).stderr;
}

test("a reader that went away is no fault, neither of help nor of results", () => {
  const help = `
    import { main } from "${MAIN}";
    process.exitCode = await main(["node", "imagenet-think", "--help"]);`;
  assert.equal(withoutReader(help), "");
  const results = `
    import { main } from "${MAIN}";
    import { print } from "${PRINT}";
    await main(["node", "imagenet-think", "--version"]);
    for (;;) await print("x".repeat(10_000)).catch((error) => {
      process.stderr.write(error.code);
      process.exit();
    });`;
  assert.equal(withoutReader(results), "EPIPE");
});
