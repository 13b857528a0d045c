// Scores 1,000,000 made-up pairs of 400 words through the command: minutes and peak memory, main thread and workers together.
// node bench/metrics-million.js [--pairs N] [--threads N] [--folder DIR] [--summary] [--dist DIR]
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { writePairs } from "./make-pairs.js";

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "1000000" },
    threads: { type: "string", default: String(cpus().length) },
    folder: { type: "string", default: tmpdir() },
    summary: { type: "boolean", default: false },
    dist: { type: "string" },
  },
});
const dist = values.dist === undefined ? new URL("../dist/", import.meta.url) : pathToFileURL(`${values.dist}/`);
const folder = mkdtempSync(join(values.folder, "metrics-million-"));
try {
  const file = join(folder, "pairs.jsonl");
  await writePairs(file, { count: Number(values.pairs), words: 400, seed: 1 });
  const command = join(folder, "imagenet-think.mjs");
  writeFileSync(
    command,
    `import { main } from ${JSON.stringify(new URL("cli/main.js", dist).href)};
process.exitCode = await main(process.argv);
console.error("peak " + process.resourceUsage().maxRSS);\n`,
  );
  const flags = [
    "--metric",
    "rouge-1,rouge-2,rouge-l,jaccard,overlap",
    "--threads",
    values.threads,
    "--out",
    join(folder, "scores.jsonl"),
  ];
  if (values.summary) flags.push("--summary", join(folder, "summary.json"));
  const started = performance.now();
  const child = spawn(process.execPath, [command, "metrics", file, ...flags], { stdio: ["ignore", "inherit", "pipe"] });
  const memory = [];
  const watch = setInterval(() => memory.push(residentMiB(child.pid)), 1_000);
  let words = "";
  child.stderr.on("data", (text) => (words += text));
  const status = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(watch);
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(words);
  const peak = Number(/peak (\d+)/.exec(words)?.[1] ?? 0) / 1024;
  const quarters = [1, 2, 3, 4].map((quarter) => memory[Math.floor((memory.length * quarter) / 4) - 1] ?? 0);
  console.log(
    `machine   ${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}, ${process.platform} ${process.arch}`,
  );
  console.log(
    `pairs     ${values.pairs} of 400 words a side, ${(statSync(file).size / 2 ** 30).toFixed(2)} GiB; rouge-1, rouge-2, rouge-l, jaccard, overlap; ${values.threads} threads${values.summary ? "; with bootstrap intervals" : ""}`,
  );
  console.log(
    `time      ${(seconds / 60).toFixed(2)} minutes, ${Math.round(Number(values.pairs) / seconds)} pairs a second, whole command`,
  );
  console.log(
    `memory    peak ${peak.toFixed(0)} MiB; after each quarter ${quarters.map((each) => each.toFixed(0)).join(", ")} MiB`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Resident memory of a process, 0 where the system does not say. */
function residentMiB(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
