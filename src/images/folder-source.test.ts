import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inTemporaryFolder, listAndRead } from "../testing/index.js";
import { openFolderSource } from "./folder-source.js";

const A = Buffer.from("first picture");
const B = Buffer.from("second picture");

test("a folder of links lists as if it held the files, and a loop of links ends", async () => {
  await inTemporaryFolder(async (folder) => {
    await mkdir(join(folder, "store", "dogs"), { recursive: true });
    await mkdir(join(folder, "farm", ".git"), { recursive: true });
    await writeFile(join(folder, "store", "dogs", "a.jpg"), A);
    await writeFile(join(folder, "farm", "notes.TXT"), A);
    await writeFile(join(folder, "farm", "no-extension"), B);
    await writeFile(join(folder, "farm", ".hidden.jpg"), A);
    await writeFile(join(folder, "farm", ".git", "b.jpg"), A);
    await symlink(join(folder, "store", "dogs"), join(folder, "farm", "dogs"));
    await symlink(join(folder, "store", "dogs"), join(folder, "farm", "hounds"));
    await symlink(join(folder, "store", "dogs", "a.jpg"), join(folder, "farm", "one.jpg"));
    await symlink("..", join(folder, "farm", "loop"));
    await symlink("nowhere", join(folder, "farm", "broken.jpg"));
    const { paths, problems, sidecars } = await listAndRead(await openFolderSource(join(folder, "farm")));
    assert.deepEqual([...paths].sort(), ["dogs/a.jpg", "no-extension", "one.jpg"]);
    assert.equal(sidecars, 1);
    for (const words of [
      /"hounds" links to a folder that is listed already/,
      /"broken\.jpg" is a link that leads nowhere/,
    ]) {
      assert.ok(
        problems.some((sentence) => words.test(sentence)),
        `${words}`,
      );
    }
  });
});

test("a missing folder, and a file where a folder should be, are named with what to try", async () => {
  await inTemporaryFolder(async (folder) => {
    await assert.rejects(openFolderSource(join(folder, "gone")), /gone" does not exist; check the path/);
    await writeFile(join(folder, "dogs.tar"), A);
    await assert.rejects(openFolderSource(join(folder, "dogs.tar")), /is a file.*use `imagenet-tar`/);
  });
});
