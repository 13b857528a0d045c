import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { dialectNamed } from "../parsing/index.js";
import { openStore } from "../store/index.js";
import { writeMadeUpRun } from "./made-up-run.js";

let base = "";
let run = "";
before(async () => {
  base = await mkdtemp(join(tmpdir(), "ablation-line-"));
  run = join(base, "run");
  const images = await writeMadeUpRun({
    store: await openStore(run, { say: () => undefined }),
    pictures: join(base, "pictures"),
    images: 130,
    models: [{ name: "glm", dialect: dialectNamed("glm") }],
    reply: (place) => `<think>I see ${place}.</think><answer>Picture ${place}.</answer>`,
  });
  // Made-up pictures cannot be decoded, so their hashes are there already; no two are near each other.
  await mkdir(join(run, "analysis"));
  const hashOf = (place: number) => (BigInt(place + 1) * 0x9e3779b97f4a7c15n).toString(16).slice(-16).padStart(16, "0");
  const hashes = images.map(({ sha256 }, place) => `${sha256}\t${hashOf(place)}\n`);
  await writeFile(join(run, "analysis", "difference-hash-1.tsv"), hashes.join(""));
});
after(() => rm(base, { recursive: true, force: true }));

/** The program's own line, in a process of its own. */
function line(...args: readonly string[]) {
  const main = JSON.stringify(new URL("../cli/index.js", import.meta.url).href);
  const script = `import { main } from ${main}; process.exitCode = await main(["node", "imagenet-think", ...process.argv.slice(1)]);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script, "--", ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("one line writes the arms, says which it left out, and gives the same facts as JSON", async () => {
  const to = join(base, "arms");
  const needed = ["--trainer", "llama-factory", "--base", "Qwen/Qwen2.5-VL-3B-Instruct"];
  const done = line("ablation", run, "--to", to, ...needed, "--held-out", "0.2", "--epochs", "2", "--json");
  assert.equal(done.status, 0, done.stderr);
  const facts = JSON.parse(done.stdout) as {
    arms: { name: string; pairs: number; steps: number }[];
    refused: unknown[];
  };
  assert.deepEqual(
    facts.arms.map(({ name, pairs, steps }) => [name, pairs, steps]),
    ["base", "parts-thinking", "parts-answer"].map((name) => [name, 104, 13]),
  );
  assert.equal(facts.refused.length, 4);
  assert.match(done.stderr, /the arm size-64 is not written: 67 pairs, fewer than 100/);
  assert.match(await readFile(join(to, "arms", "base", "train.yaml"), "utf8"), /^template: qwen2_vl$/m);
  const again = line("ablation", run, "--to", to, ...needed);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /is not empty/);
  const told = line("ablation", run, "--to", join(base, "told"), ...needed);
  assert.match(told.stdout, /base +117 +117 +8\n[\s\S]*3 arms, 13 pictures held out, 0 left out/);
});

test("a flag that is missing or wrong is one sentence and exit code 2", () => {
  for (const [args, words] of [
    [[], /ablation needs --to DIR/],
    [["--to", "x"], /ablation needs --trainer/],
    [["--to", "x", "--trainer", "trl"], /ablation needs --base MODEL/],
    [["--to", "x", "--trainer", "tlr", "--base", "m"], /did you mean "trl"/],
    [["--to", "x", "--trainer", "trl", "--base", "m", "--held-out", "2"], /no share above 0 and up to 0\.5/],
    [["--to", "x", "--trainer", "trl", "--base", "m", "--epochs", "0"], /whole number from 1/],
  ] as const) {
    const { status, stderr } = line("ablation", run, ...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, words);
  }
});
