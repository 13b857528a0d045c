import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { storeSuite } from "../testing/index.js";
import { openStore } from "./index.js";

const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

storeSuite("the run folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "store-"));
  folders.push(folder);
  return openStore(join(folder, "run"), { say: () => undefined });
});
