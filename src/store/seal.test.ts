import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

/** Seals a journal in a process that has not one file left to open, and prints what was said. */
const WITHOUT_FILES = `
  const { openSync, closeSync } = await import("node:fs");
  const { openSealer } = await import(${JSON.stringify(new URL("./seal.js", import.meta.url).href)});
  const said = [];
  const sealer = openSealer({ say: (sentence) => said.push(sentence), beforeRetiring: async () => {} });
  const files = [];
  try {
    for (;;) files.push(openSync("/dev/null"));
  } catch {}
  sealer.add({ writer: "w", number: 1, base: "/nowhere/w-000001" });
  await sealer.idle();
  for (const file of files) closeSync(file);
  console.log(said.join("\\n"));
`;

test("where no sealing process can be started the journal stays, and the run goes on", () => {
  const shell = 'ulimit -n 256; exec "$@"';
  const line = ["-c", shell, "sh", process.execPath, "--input-type=module", "-e", WITHOUT_FILES];
  const said = execFileSync("/bin/sh", line, { encoding: "utf8" });
  assert.match(said, /^\/nowhere\/w-000001\.jsonl could not be sealed and stays as it is: .*EMFILE$/m);
});
