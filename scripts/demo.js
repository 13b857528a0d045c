// The main job on the bundled pictures: run, page, dataset. Everything lands in runs/demo; a second start asks nothing.
import { spawnSync } from "node:child_process";

function imagenetThink(...args) {
  console.error(`\n$ imagenet-think ${args.join(" ")}`);
  const done = spawnSync(process.execPath, ["bin/imagenet-think.js", ...args], { stdio: "inherit" });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

imagenetThink("run", "recipes/demo.yaml", "--out", "runs/demo");
imagenetThink("report", "runs/demo", "--to", "runs/demo/report.html");
imagenetThink("export", "runs/demo", "--format", "huggingface", "--to", "runs/demo/huggingface");
console.log(`
Look at:
  runs/demo/report.html   pictures, thinking, answers and outcomes: open it in a browser
  runs/demo/huggingface   the dataset: datasets.load_dataset("runs/demo/huggingface", "pairs")
  node bin/imagenet-think.js show runs/demo n02123045_1`);
