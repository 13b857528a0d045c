import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { UserError } from "../records/index.js";
import { inTemporaryFolder } from "../testing/index.js";
import { writeAblationFolder } from "./ablation-folder.js";

const full = () => Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });

test("a folder appears only once it is filled", () =>
  inTemporaryFolder(async (parent) => {
    const to = join(parent, "arms");
    const { folder, made } = await writeAblationFolder(to, "0badcafe", async (working) => {
      assert.ok(!(await readdir(parent)).includes("arms"));
      await writeFile(join(working, "a"), "a");
      return 7;
    });
    assert.equal(made, 7);
    assert.deepEqual(await readdir(folder), ["a"]);
    assert.deepEqual(await readdir(parent), ["arms"]);
    await assert.rejects(
      writeAblationFolder(to, "0badcafe", async () => 7),
      { name: "UserError", message: /not empty \(1 entries\)/ },
    );
  }));

test("a disk that fills is one sentence about the folder that was asked for, and nothing is left behind", () =>
  inTemporaryFolder(async (parent) => {
    const to = join(parent, "arms");
    const inside = new UserError("the export to .arms.writing/base was given up", { cause: full() });
    for (const fault of [full(), inside]) {
      await assert.rejects(
        writeAblationFolder(to, "0badcafe", async (working) => {
          await mkdir(join(working, "base"));
          throw fault;
        }),
        (error: Error) => {
          assert.equal(error.name, "UserError");
          assert.ok(error.message.includes(`to ${to} was given up: the disk is full`), error.message);
          return true;
        },
      );
      assert.deepEqual(await readdir(parent), []);
    }
    const other = new UserError("a teacher was asked again");
    await assert.rejects(
      writeAblationFolder(to, "0badcafe", async () => {
        throw other;
      }),
      other,
    );
  }));
