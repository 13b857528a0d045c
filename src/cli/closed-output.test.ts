import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
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

test("a disk that takes no more output is one sentence, and words that nobody takes stop nothing", {
  skip: existsSync("/dev/full") ? false : "this system has no /dev/full",
}, () => {
  const help = `import { main } from "${MAIN}"; process.exitCode = await main(["node", "imagenet-think", "--help"]);`;
  const run = (to: string) =>
    spawnSync("sh", ["-c", `"${process.execPath}" --input-type=module -e '${help}' ${to}`], { encoding: "utf8" });
  const full = run("> /dev/full");
  assert.equal(full.status, 1);
  assert.equal(
    full.stderr,
    "imagenet-think: standard output cannot be written (ENOSPC); make room, or send it elsewhere\n",
  );
  const words = `
    import { main } from "${MAIN}";
    import { say } from "${PRINT}";
    await main(["node", "imagenet-think", "--version"]);
    say("nobody hears this");
    setImmediate(() => process.stdout.write("and on"));`;
  const unheard = spawnSync("sh", ["-c", `"${process.execPath}" --input-type=module -e '${words}' 2> /dev/full`]);
  assert.equal(unheard.status, 0);
  assert.match(String(unheard.stdout), /and on$/);
});
