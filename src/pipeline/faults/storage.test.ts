import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { chatStream, runProgram, startProgram } from "../../testing/index.js";
import { type Drill, openDrill, sayPicture, until } from "./open-drill.js";
import { IMAGES, readLedger } from "./run-folder.js";

/** 20 kB that no compression makes smaller. */
function longReply(image: string) {
  const words = Array.from({ length: 313 }, (_, number) =>
    createHash("sha256").update(`${image} ${number}`).digest("hex"),
  );
  return chatStream([`<think>Of ${image}.</think>`, `<answer>${words.join(" ")}</answer>`]);
}
const ONE_REPLY = 20_000;
/** The shell counts blocks of 512 bytes: more than one long reply, less than two. */
const limitFiles = (bytes: number) => `ulimit -f ${Math.ceil(bytes / 512)}; exec "$@"`;

async function leftovers(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => /\.tmp$|\.writing\./.test(name));
}

/** The rest of a run whose disk was full: what was acknowledged before stays and is not asked again. */
async function finish(drill: Drill): Promise<void> {
  const { ended: kept } = await readLedger(drill.out, "t");
  assert.ok(kept.length > 0, "nothing was acknowledged before the disk was full");
  const asked = drill.server.chats.length;
  const end = await drill.run();
  assert.equal(end.code, 0, end.stderr);
  const { status, ended } = await drill.check(end);
  assert.deepEqual(ended.slice(0, kept.length), kept);
  assert.deepEqual([status.answered, status.attempts], [ended.length, ended.length]);
  assert.equal(drill.server.chats.length - asked, ended.length - kept.length);
}

test("C3: a disk that takes no more during an append stops the run in order, and what was acknowledged stays", async (t) => {
  const drill = await openDrill(t, { script: longReply, fields: { concurrency: 1 } });
  const end = await drill.run([], { shell: limitFiles(1.6 * ONE_REPLY) });
  assert.equal(end.code, 1, end.stderr);
  assert.match(end.stderr, /cannot write \S+\.jsonl: .*EFBIG.*start the same line again/);
  assert.deepEqual(await leftovers(drill.out), []);
  await finish(drill);
});

test("C3: a disk that is really full stops the run in order, and with room it goes on", async (t) => {
  const drill = await openDrill(t, {
    script: longReply,
    fields: { concurrency: 2 },
    recipe: { sample: { size: 12, seed: 1 } },
  });
  await mkdir(drill.out);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=176k", "tmpfs", drill.out], { stdio: "ignore" }).status !== 0)
    return t.skip("no small file system can be mounted here");
  try {
    const end = await drill.run();
    assert.equal(end.code, 1, end.stderr);
    assert.match(end.stderr, /cannot write \S+: ENOSPC.*free some space/);
    execFileSync("mount", ["-o", "remount,size=8m", drill.out]);
    await finish(drill);
  } finally {
    execFileSync("umount", [drill.out]);
  }
});

test("C3: a disk that is full before a rename leaves the old name or nothing, never a half file", async (t) => {
  const drill = await openDrill(t, { script: sayPicture });
  const end = await drill.run([], { shell: limitFiles(512) });
  assert.equal(end.code, 1, end.stderr);
  assert.match(end.stderr, /cannot write \S+run\.json: .*EFBIG/);
  assert.deepEqual(await readdir(drill.out), []);
  assert.equal(drill.server.chats.length, 0);
});

test("C3, C12: an export that the disk or a kill cuts off leaves nothing under its name, and comes out the same byte for byte", async (t) => {
  const drill = await openDrill(t, { script: longReply });
  const end = await drill.run();
  assert.equal(end.code, 0, end.stderr);
  await drill.check(end);
  const exportTo = (name: string) => [
    "export",
    drill.out,
    "--format",
    "jsonl",
    "--to",
    join(drill.folder, "sets", name),
  ];
  const sets = join(drill.folder, "sets");
  await mkdir(sets);

  const full = await runProgram(exportTo("cut"), { shell: limitFiles(ONE_REPLY) });
  assert.equal(full.code, 1, full.stderr);
  assert.match(full.stderr, /the export to \S+ was given up: a file grew past the size limit/);
  assert.deepEqual(await readdir(sets), []);

  const killed = startProgram(exportTo("cut"));
  const watcher = watch(sets, () => killed.child.kill("SIGKILL"));
  assert.equal((await killed.ended).code, null);
  watcher.close();
  const left = await readdir(sets);
  assert.ok(left.length === 1 && left[0]?.startsWith(".cut.writing."), left.join());

  for (const name of ["cut", "calm"]) {
    const done = await runProgram(exportTo(name));
    assert.equal(done.code, 0, done.stderr);
  }
  assert.deepEqual((await readdir(sets)).sort(), ["calm", "cut"]);
  assert.deepEqual(await filesIn(join(sets, "cut")), await filesIn(join(sets, "calm")));
});

async function filesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(folder)).sort()) files[name] = await readFile(join(folder, name), "base64");
  return files;
}

test("C4: a damaged line in the middle and a torn, NUL-padded end are passed over and named with their offsets", async (t) => {
  let count = 0;
  const drill = await openDrill(t, {
    script: (image) => {
      count += 1;
      return count === IMAGES ? { end: "hang" } : sayPicture(image);
    },
    fields: { concurrency: 1 },
  });
  const program = drill.start();
  await until(() => count === IMAGES, program);
  program.child.kill("SIGKILL");
  await program.ended;

  const journal = await findJournal(drill.out);
  const bytes = await readFile(journal);
  const [, , , broken = { start: 0, end: 0 }] = linesOf(bytes);
  bytes.fill("#", broken.start + 10, broken.end - 10);
  // A record that was cut off, in a file that a power cut left longer than it was written.
  const tail = Buffer.from(`{"id":"n02123045_1","event":"asked","att${"\0".repeat(4_096)}`);
  await writeFile(journal, Buffer.concat([bytes, tail]));
  const end = await drill.run();
  assert.equal(end.code, 0, end.stderr);
  assert.ok(end.stderr.includes(`${journal}: ${broken.end - broken.start} bytes at byte ${broken.start} are damaged`));
  assert.ok(end.stderr.includes(`${journal}: the last line, at byte ${bytes.length}, was cut off and is passed over`));
  const { status, pairs } = await drill.check(end);
  assert.equal(status.answered, IMAGES);
  assert.ok(pairs.every(({ image, answer }) => answer === image));
  // The cell whose reply was lost, and the one that the kill cut off.
  assert.equal(drill.server.chats.length, IMAGES + 2);
  // The damaged bytes are not thrown away when the rest is sealed.
  assert.ok((await readFile(`${journal}.damaged`)).includes("####"));
});

/** The journal of the only model, which a kill left unsealed. */
async function findJournal(out: string): Promise<string> {
  const folder = join(out, "replies", "t");
  const name = (await readdir(folder)).find((each) => each.endsWith(".jsonl"));
  assert.ok(name);
  return join(folder, name);
}

function linesOf(bytes: Buffer): readonly { readonly start: number; readonly end: number }[] {
  const lines: { start: number; end: number }[] = [];
  for (let start = 0, end = bytes.indexOf(10); end !== -1; start = end + 1, end = bytes.indexOf(10, start)) {
    lines.push({ start, end });
  }
  return lines;
}

test("C7: a folder that may not be written is refused before anything is asked", async (t) => {
  const drill = await openDrill(t, { script: sayPicture });
  await mkdir(drill.out);
  await chmod(drill.out, 0o555);
  // Whoever is root may write everywhere, unless that right is given up.
  const isRoot = process.getuid?.() === 0;
  if (isRoot && spawnSync("setpriv", ["--bounding-set", "-dac_override", "true"]).status !== 0)
    return t.skip("root may write everywhere, and setpriv is not here");
  const end = await drill.run([], isRoot ? { shell: 'exec setpriv --bounding-set -dac_override "$@"' } : {});
  assert.equal(end.code, 1, end.stderr);
  assert.match(end.stderr, /cannot write \S+: EACCES.*check its permissions or choose another folder/);
  assert.equal(drill.server.chats.length, 0);
  assert.deepEqual(await readdir(drill.out), []);
});
