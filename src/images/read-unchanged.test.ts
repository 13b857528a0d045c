import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type Source, UserError } from "../records/index.js";
import { checksumOf } from "./checksum.js";
import { fileError } from "./read-file.js";
import { ImageChangedError, ImageGoneError, readUnchanged } from "./read-unchanged.js";

const BYTES = Buffer.from("picture");
const IMAGE = {
  id: "n02123045_1",
  locator: { source: 0, path: "cat.jpg" },
  sha256: createHash("sha256").update(BYTES).digest("hex"),
  checksum: checksumOf(BYTES),
};

function sourceThat(read: () => Promise<Buffer>): Source {
  return { kind: "folder", list: () => assert.fail("not listed here"), read, close: () => Promise.resolve() };
}

/** What `Source.read` throws, or a raw error where `isRaw`. */
function failing(code: string, isRaw = false): Source {
  const cause = Object.assign(new Error(`${code}: as the system says it`), { code, syscall: "open" });
  return sourceThat(() => Promise.reject(isRaw ? cause : fileError("/pictures/cat.jpg", cause)));
}

test("bytes that are as the gate saw them are given, others are another picture", async () => {
  assert.equal(
    await readUnchanged(
      sourceThat(async () => BYTES),
      IMAGE,
    ),
    BYTES,
  );
  const other = readUnchanged(
    sourceThat(async () => Buffer.from("another")),
    IMAGE,
  );
  await assert.rejects(other, (error) => error instanceof ImageChangedError && !(error instanceof ImageGoneError));
});

test("where no checksum was written down, or it is another one, the SHA-256 decides", async () => {
  const source = sourceThat(async () => BYTES);
  for (const checksum of [null, "0".repeat(32)]) {
    assert.equal(await readUnchanged(source, { ...IMAGE, checksum }), BYTES);
    const other = readUnchanged(source, { ...IMAGE, checksum, sha256: "0".repeat(64) });
    await assert.rejects(other, /its SHA-256 was 000000000000… and is [0-9a-f]{12}…$/);
  }
});

test("a picture is gone where its file is, or is no file that can be read any more", async () => {
  for (const code of ["ENOENT", "EISDIR", "EACCES"])
    await assert.rejects(readUnchanged(failing(code), IMAGE), ImageGoneError);
  const short = sourceThat(() => Promise.reject(new UserError("it ends before byte 9")));
  await assert.rejects(readUnchanged(short, IMAGE), ImageGoneError);
});

test("what a machine in trouble cannot read is no fault of the picture, and is said to a person", async () => {
  for (const code of ["EMFILE", "ENFILE", "EIO", "ESTALE", "ENOMEM"]) {
    for (const isRaw of [false, true]) await assert.rejects(readUnchanged(failing(code, isRaw), IMAGE), UserError);
  }
});
