import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { UserError } from "../records/index.js";
import { readSynset } from "./read-synset.js";
import { openClassTree } from "./wordnet.js";

const builtIn = openClassTree(null);

test("a wnid is described by its words, its definition without examples, and its path to the root", async () => {
  const tree = await builtIn;
  assert.equal(tree.version, "3.0");
  assert.deepEqual(tree.describe("n07920052"), {
    wnid: "n07920052",
    lemmas: ["espresso"],
    gloss: "strong black coffee brewed by forcing hot water under pressure through finely ground coffee beans",
    path: ["n07929519", "n07881800", "n00021265", "n00020090", "n00020827", "n00001930", "n00001740"],
  });
  assert.deepEqual(tree.describe("n02123045")?.lemmas, ["tabby", "tabby cat"]);
  assert.deepEqual(tree.describe("n00001740")?.path, []);
  assert.equal(tree.describe("n09918248")?.gloss, "a human offspring (son or daughter) of any age");
});

test("what is no noun's id is described as null", async () => {
  const tree = await builtIn;
  for (const id of ["n02123046", "n00000000", "n99999999", "n15300280", "tabby", "", "n1", "N02123045"]) {
    assert.equal(tree.describe(id), null, id);
    assert.equal(tree.isA(id, "n00001740"), false, id);
  }
});

test("a noun is what stands above it by any hypernym or instance hypernym, and itself", async () => {
  const tree = await builtIn;
  assert.ok(tree.isA("n02123045", "n00015388"), "a tabby is an animal");
  assert.ok(!tree.isA("n02123045", "n00007846"), "a tabby is no person");
  assert.ok(tree.isA("n00007846", "n00007347"), "a person is a causal agent, by its second hypernym");
  assert.ok(tree.isA("n00007846", "n00007846"));
  assert.ok(tree.isA("n10954498", "n00007846"), "Einstein is a person, by an instance hypernym");
});

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "wordnet-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("another WordNet version is refused with the id that was expected, where, and why", () =>
  inFolder(async (folder) => {
    await mkdir(path.join(folder, "dict"));
    const first = "00001740 03 n 01 entity 0 000 | that which is perceived\n";
    const header = "  2 WordNet 3.1 Copyright 2011 by Princeton University.\n".padEnd(1739, " ");
    await writeFile(path.join(folder, "dict", "data.noun"), `${header}\n${first}${"x".repeat(3_000_000)}`);
    await assert.rejects(openClassTree(folder), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /dict\/data\.noun \(WordNet 3\.1 by its header\) has no noun at n02123045/);
      assert.match(error.message, /"tabby" is expected.*WordNet 3\.0 offsets/);
      return true;
    });
  }));

test("a folder without data.noun is refused, naming the folder", () =>
  inFolder(async (folder) => {
    await assert.rejects(
      openClassTree(folder),
      (error) => error instanceof UserError && error.message.includes(folder),
    );
    await assert.rejects(openClassTree(path.join(folder, "absent")), UserError);
  }));

test("malformed lines are no nouns, and crash nothing", () => {
  const lines = [
    "00000000",
    "00000000 03 n",
    "00000000 03 n 01 entity 0 | words but no pointers",
    "00000000 03 n zz entity 0 000 | no count",
    "00000000 03 n 00 000 | no words",
    "00000000 03 n 05 entity 0 000 | fewer words than counted",
    "00000000 03 n 01 entity 0 002 @ 00001740 n 0000 | fewer pointers than counted",
    "00000000 03 n 01 entity 0 001 @ 1740 n 0000 | a short offset",
    "00000000 03 v 01 be 0 000 | no noun",
    "00000001 03 n 01 entity 0 000 | another offset",
  ];
  for (const line of lines) assert.equal(readSynset(Buffer.from(`${line}\n`), "n00000000"), null, line);
  assert.equal(readSynset(Buffer.from("00000000 03 n 01 entity 0 000 | no line end"), "n00000000"), null);
  assert.equal(readSynset(Buffer.alloc(300_000, "x"), "n00000000"), null);
});

test("markers are taken off words, underscores are spaces, and examples are left out of the gloss", () => {
  const line =
    '00000000 03 n 02 ready_to_hand(p) 0 other 0 002 @ 00001740 n 0000 ! 00001741 a 0000 | one; two (e.g., "so"); "an example"; "another"  \n';
  assert.deepEqual(readSynset(Buffer.from(line), "n00000000"), {
    wnid: "n00000000",
    lemmas: ["ready to hand", "other"],
    gloss: 'one; two (e.g., "so")',
    hypernyms: ["n00001740"],
  });
});
