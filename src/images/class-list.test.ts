import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { UserError } from "../records/index.js";
import { isPersonClass, readClassList } from "./class-list.js";
import { openClassTree } from "./wordnet.js";

const tree = await openClassTree(null);
const openTree = () => Promise.resolve(tree);

async function shipped(file: string): Promise<string[]> {
  return (await readFile(new URL(`../../data/imagenet21k/${file}`, import.meta.url), "utf8")).trim().split("\n");
}

async function readText(text: string | Buffer): Promise<{ wnids: readonly string[] | null } | UserError> {
  const folder = await mkdtemp(path.join(tmpdir(), "class-list-"));
  const file = path.join(folder, "classes.txt");
  try {
    await writeFile(file, text);
    return await readClassList(file, openTree);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.ok(error.message.includes(file), error.message);
    return error;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("the shipped lists have their published sizes, their hashes, and only WordNet 3.0 nouns", async () => {
  for (const [spec, count, sha256] of [
    ["imagenet-21k-p", 10_450, "f49dde3d69946b86"],
    ["imagenet-21k-p-fall11", 11_221, "cd76d977daaa2f13"],
    ["imagenet-21k", 21_841, "0ae2453875197379"],
  ] as const) {
    const list = await readClassList(spec, openTree);
    assert.equal(list.list, spec);
    assert.equal(list.wnids?.length, count);
    assert.equal(list.sha256?.slice(0, 16), sha256);
    assert.ok(list.wnids?.every((wnid) => tree.describe(wnid)?.path.at(-1) === "n00001740"));
  }
});

test("`all` is no list", async () => {
  assert.deepEqual(await readClassList("all", openTree), { list: "all", wnids: null, sha256: null });
});

test("the person classes of the lists are the 105 and the 2,836 of the shipped files", async () => {
  for (const [spec, file, count] of [
    ["imagenet-21k-p", "imagenet21k-p-winter21-person-105.txt", 105],
    ["imagenet-21k", "imagenet21k-fall11-person-2836.txt", 2836],
  ] as const) {
    const people = (await readClassList(spec, openTree)).wnids?.filter((wnid) => isPersonClass(tree, wnid));
    assert.equal(people?.length, count);
    assert.deepEqual(people, await shipped(file));
  }
  assert.ok(!isPersonClass(tree, null) && !isPersonClass(tree, "person"));
});

test("a file holds one wnid a line; comments, blank lines, folder names and repeats are understood", async () => {
  const read = await readText("\uFEFF# cats\r\nn02123045\r\n\r\nn07920052 # espresso\nmy own class\nn02123045");
  assert.deepEqual("wnids" in read && read.wnids, ["n02123045", "n07920052", "my own class"]);
});

test("a wnid that is no noun is refused with file, line, text, and the known ids one digit away", async () => {
  const error = await readText("# cats\n\nn02123045\nn02123046\n");
  assert.ok(error instanceof UserError);
  assert.match(error.message, /line 4: "n02123046" is no noun of WordNet 3\.0; one digit away: .*n02123045 \(tabby\)/);
});

test("lines that only look like wnids, two in a line, an empty list and no text are refused", async () => {
  for (const [text, words] of [
    ["n0212304\n", /line 1: "n0212304" is no wnid/],
    ["n021230455\n", /is no wnid/],
    ["N02123045\n", /is no wnid/],
    ["n02123045 n02123159\n", /more than one wnid/],
    ["# nothing\n", /names no class/],
    ["n02123045\0\n", /no text file/],
  ] as const) {
    const error = await readText(text);
    assert.ok(error instanceof UserError, text);
    assert.match(error.message, words);
  }
});

test("a list that is not there is refused, naming the shipped ones", async () => {
  await assert.rejects(
    readClassList("/x/imagenet-21kp", openTree),
    /\/x\/imagenet-21kp does not exist; did you mean "imagenet-21k-p"\?$/,
  );
  await assert.rejects(
    readClassList("/x/my-list.txt", openTree),
    /my-list\.txt does not exist; name a file with one wnid a line, or one of all, imagenet-21k-p, /,
  );
});
