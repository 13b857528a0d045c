// Packs the project and uses it as a stranger would, in an empty folder with nothing but the registry: init, run, a neural
// metric without its runtime (one sentence), the line that sentence names, and the metric again.
// node scripts/try-package.js            (needs a registry; takes about two minutes)
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "try-package-"));
const runtime = join(folder, "node_modules/onnxruntime-node");

try {
  const packed = must(root, "npm", ["pack", "--json", "--pack-destination", folder]).stdout;
  const [{ filename }] = JSON.parse(packed.slice(packed.indexOf("[")));
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "somewhere-else", version: "1.0.0", private: true }),
  );
  must(folder, "npm", ["install", "--no-audit", "--no-fund", join(folder, filename)]);
  must(folder, "npx", ["imagenet-think", "init", "."]);
  must(folder, "npx", ["imagenet-think", "run", "recipe.yaml", "--out", "run"]);

  const pair = { id: "a", reference: "Three boats lie on the sand.", hypothesis: "On the sand lie three boats." };
  writeFileSync(join(folder, "pairs.jsonl"), `${JSON.stringify(pair)}\n`);
  cpSync(join(root, "src/scoring/fixtures/checkpoints/bert-tiny"), join(folder, "bert-tiny"), { recursive: true });
  const metric = ["imagenet-think", "metrics", "pairs.jsonl", "--metric", "sbert", "--sbert", "bert-tiny"];
  // Where its script could download, npm has installed the optional package already.
  rmSync(runtime, { recursive: true, force: true });
  const without = call(folder, "npx", metric);
  const line = /install it with: ONNXRUNTIME_NODE_INSTALL=skip npm i (onnxruntime-node@\S+)/.exec(without.stderr);
  if (without.status !== 1 || line === null) throw new Error(`no sentence without the runtime:\n${without.stderr}`);
  must(folder, "npm", ["i", line[1]], { ONNXRUNTIME_NODE_INSTALL: "skip" });
  const { sbert } = JSON.parse(must(folder, "npx", metric).stdout.split("\n")[0]);
  if (!(sbert > 0.5 && sbert <= 1)) throw new Error(`sbert gave ${sbert}`);
  const { version } = JSON.parse(readFileSync(join(runtime, "package.json"), "utf8"));
  console.log(`packed, installed, run, and scored (sbert ${sbert.toFixed(4)}) with onnxruntime-node ${version}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function call(cwd, command, args, more = {}) {
  return spawnSync(command, args, { cwd, encoding: "utf8", env: { ...process.env, ...more } });
}

function must(cwd, command, args, more) {
  const result = call(cwd, command, args, more);
  if (result.status !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${result.status}:\n${result.stdout}${result.stderr}`);
  }
  return result;
}
