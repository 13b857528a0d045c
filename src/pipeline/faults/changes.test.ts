import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { jsonResponse, runProgram } from "../../testing/index.js";
import { type Drill, openDrill, sayPicture } from "./open-drill.js";
import { faultKinds, IMAGES, PHOTOS, readLedger, writeRecipe } from "./run-folder.js";

/** Writes the drill's recipe anew. */
async function edit(drill: Drill, fields: Record<string, unknown>, recipe: Record<string, unknown> = {}) {
  await writeRecipe(drill.recipe, [{ name: "t", endpoints: [drill.server.url], fields }], recipe);
}

test("a finished run", async (t) => {
  const drill = await openDrill(t, { script: sayPicture });
  const end = await drill.run();
  assert.equal(end.code, 0, end.stderr);
  await drill.check(end);

  await t.test(
    "C8: a recipe that was edited is shown as a difference and refused; what may change between starts is not",
    async () => {
      await edit(drill, { temperature: 0.3, maxTokens: 99 }, { prompt: { text: "What is this?" } });
      const refused = await drill.run();
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        /the recipe is not the one that .* was made with:\n {2}prompt: was .*, is .*\n {2}t\.sampling: was .*"max_tokens":16.*, is .*"max_tokens":99/,
      );
      assert.match(refused.stderr, /put it back, choose another --out, or ask the cells anew with --again/);
      await edit(drill, { concurrency: 1, tries: 7, timeouts: { idleMs: 5_000 } });
      const allowed = await drill.run();
      assert.equal(allowed.code, 0, allowed.stderr);
      await drill.check(allowed);
      assert.equal(drill.server.chats.length, IMAGES);
    },
  );

  await t.test("C10: a newer or an older format is refused with what to do, and left as it is", async () => {
    const header = join(drill.out, "run.json");
    const replies = join(drill.out, "replies", "t");
    const sealed = join(replies, (await readdir(replies)).find((name) => name.endsWith(".json")) ?? "");
    const cases: [string, number, RegExp][] = [
      [header, 99, /run\.json was written by a newer version .* \(format 99.*upgrade/],
      [header, 0, /run\.json was written by an older version .* \(format 0/],
      [sealed, 99, /was written by a newer version .*upgrade/],
    ];
    for (const [file, version, sentence] of cases) {
      const before = await readFile(file, "utf8");
      const changed = before.replace(/"formatVersion": ?1/, `"formatVersion":${version}`);
      assert.notEqual(changed, before);
      await writeFile(file, changed);
      const refused = await drill.run();
      assert.equal(refused.code, 1, `${file} ${version}: ${refused.stderr}`);
      assert.match(refused.stderr, sentence);
      assert.equal(await readFile(file, "utf8"), changed);
      await writeFile(file, before);
    }
    assert.equal((await readLedger(drill.out, "t")).ended.length, IMAGES);
  });
});

test("after more or fewer tries status counts as failed what the next start will not ask", async (t) => {
  const drill = await openDrill(t, { script: () => jsonResponse({ error: { message: "no such picture" } }, 400) });
  const starts: [tries: number, flags: readonly string[], code: number, failed: number][] = [
    [2, [], 0, IMAGES],
    [3, ["--limit", "1"], 3, 1],
    [2, [], 0, IMAGES],
    [3, [], 0, IMAGES],
  ];
  for (const [tries, flags, code, failed] of starts) {
    await edit(drill, { tries, concurrency: 1 });
    const end = await drill.run(["--keep-going", ...flags]);
    assert.equal(end.code, code, end.stderr);
    const { status } = await drill.check(end);
    assert.deepEqual([status.failed, status.missing], [failed, IMAGES - failed]);
  }
  assert.equal(drill.server.chats.length, 3 * IMAGES);
});

test("C9: a picture whose bytes changed, or that is gone, fails by name and is never asked; another class list is refused", async (t) => {
  const drill = await openDrill(t, { script: sayPicture });
  const photos = join(drill.folder, "photos");
  await cp(PHOTOS, photos, { recursive: true });
  const names = await readdir(photos);
  const classes = join(drill.folder, "classes.txt");
  const list = names.filter((name) => name.startsWith("n"));
  await writeFile(classes, list.join("\n"));
  const recipe = { images: [{ source: "folder", path: photos }], classes };
  await edit(drill, {}, recipe);
  assert.equal((await runProgram(["images", drill.recipe, "--out", drill.out])).code, 0);

  const [changed, gone] = (await readLedger(drill.out, "t")).pairs.map(({ image }) => image);
  assert.ok(changed && gone);
  const pathOf = (image: string) => join(photos, image.split("_")[0] ?? "", `${image}.JPEG`);
  await cp(pathOf(gone), pathOf(changed));
  await rm(pathOf(gone));
  const end = await drill.run();
  assert.equal(end.code, 0, end.stderr);
  const { status, pairs, ended } = await drill.check(end);
  assert.deepEqual([status.answered, status.failed], [IMAGES - 2, 2]);
  for (const image of [changed, gone]) {
    const pair = pairs.find((each) => each.image === image);
    assert.deepEqual([pair?.outcome, pair?.reason], ["failed", "image-changed"]);
    assert.ok(drill.server.chats.every(({ headers }) => !String(headers["x-request-id"]).startsWith(image)));
  }
  assert.deepEqual(faultKinds({ ended }), ["image-changed", "image-changed"]);

  await writeFile(classes, list.slice(1).join("\n"));
  const refused = await drill.run();
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /\n {2}classes: was .*, is /);
});
