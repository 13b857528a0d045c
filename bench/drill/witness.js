// Loaded before the program (`--import`), it keeps a copy of what the program was promised: after every sync of a journal
// of replies, the bytes that the sync covered go into a file named by model and journal in DRILL_WITNESS. Nothing of the
// program itself is asked what it takes for acknowledged.
import fs from "node:fs";
import { open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, join } from "node:path";

const folder = process.env.DRILL_WITNESS;
fs.mkdirSync(folder, { recursive: true });
const covered = new Map();

/** To be called before a sync; gives what to call once it is done. */
function watch(fd) {
  const bytes = fs.fstatSync(fd).size;
  const path = fs.readlinkSync(`/proc/self/fd/${fd}`);
  return () => path.includes("/replies/") && path.endsWith(".jsonl") && copy(path, bytes);
}

function copy(path, bytes) {
  const from = covered.get(path) ?? 0;
  if (bytes <= from) return;
  covered.set(path, bytes);
  const part = Buffer.alloc(bytes - from);
  const file = fs.openSync(path, "r");
  fs.readSync(file, part, 0, part.length, from);
  // Two models of a writer have journals of one name, and a sync may cover half a line.
  fs.appendFileSync(join(folder, `${basename(dirname(path))}-${basename(path)}`), part);
  fs.closeSync(file);
}

for (const name of ["fdatasync", "fsync"]) {
  const real = fs[name];
  fs[name] = (fd, callback) => {
    const done = watch(fd);
    real(fd, (error) => {
      if (error === null) done();
      callback(error);
    });
  };
}
syncBuiltinESMExports();

const handle = await open(new URL(import.meta.url));
const prototype = Object.getPrototypeOf(handle);
await handle.close();
for (const name of ["datasync", "sync"]) {
  const real = prototype[name];
  prototype[name] = async function sync() {
    const done = watch(this.fd);
    await real.call(this);
    done();
  };
}
