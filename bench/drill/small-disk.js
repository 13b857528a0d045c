// A disk for the run folder that can be full for a while: a small file system in memory where this process may mount
// one, else a limit on the size of the files that the program may write.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MEGABYTES = 256;
/** In blocks of 512 bytes. */
const FILE_BLOCKS = 64;

/** `kind` is `tmpfs` or `limit`. `wrap` is the shell line that starts a program on this disk as it is now. */
export function openDisk(folder, mayMount) {
  mkdirSync(folder, { recursive: true });
  const size = `size=${MEGABYTES}m`;
  const isMounted = mayMount && spawnSync("mount", ["-t", "tmpfs", "-o", size, "tmpfs", folder]).status === 0;
  const ballast = join(folder, "ballast");
  let isFull = false;
  return {
    kind: isMounted ? "tmpfs" : "limit",
    fill() {
      isFull = true;
      if (isMounted) fillUp(ballast);
    },
    free() {
      isFull = false;
      rmSync(ballast, { force: true });
    },
    wrap: () => (isFull && !isMounted ? `ulimit -f ${FILE_BLOCKS}; exec "$@"` : 'exec "$@"'),
    close() {
      if (isMounted) spawnSync("umount", [folder]);
    },
  };
}

function fillUp(path) {
  const megabyte = Buffer.alloc(2 ** 20);
  for (const piece of [megabyte, megabyte.subarray(0, 4096)]) {
    try {
      for (;;) writeFileSync(path, piece, { flag: "a" });
    } catch (error) {
      if (error.code !== "ENOSPC") throw error;
    }
  }
}
