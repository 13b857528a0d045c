// The servers of a drill, each a process: started, killed and started again on its port as its life says, and whenever
// it dies of something else.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A server that died by itself is up again after this long (folded ms). */
const REPAIR_MS = 180_000;

/** `env` folds their time; `later(ms, call)` calls after folded milliseconds. `told` is what every server is told. */
export async function startServers({ life, folder, env, later, told }) {
  const servers = new Map();
  let isOver = false;
  for (const server of life.servers) {
    const entry = {
      ...server,
      port: 0,
      log: join(folder, `${server.name}.log`),
      child: null,
      isDown: false,
      deaths: 0,
    };
    servers.set(server.name, entry);
    await start(entry);
  }

  async function start(entry) {
    const { name, model, port, speed, slots, gauges, log } = entry;
    const phases = life.phases.filter((phase) => phase.server === name);
    const one = { ...told, model: `made-${model}`, dialect: model, port, speed, slots, gauges, phases, log };
    const child = fork(new URL("./server.js", import.meta.url), [JSON.stringify(one)], { env, execArgv: [] });
    entry.child = child;
    child.once("exit", () => {
      entry.child = null;
      if (isOver || entry.isDown) return;
      entry.deaths += 1;
      later(REPAIR_MS, () => entry.child === null && !entry.isDown && !isOver && start(entry));
    });
    const [listening] = await once(child, "message");
    entry.port = listening;
  }

  return {
    urlOf: (name) => `http://127.0.0.1:${servers.get(name).port}/v1`,
    /** Ends it with this signal; it stays away until `up`. */
    down(name, signal) {
      const entry = servers.get(name);
      entry.isDown = true;
      entry.child?.kill(signal);
    },
    up(name) {
      const entry = servers.get(name);
      entry.isDown = false;
      if (entry.child === null && !isOver) start(entry);
    },
    /** How often one died that should have lived. */
    deaths: () => [...servers.values()].reduce((sum, { deaths }) => sum + deaths, 0),
    /** What they wrote down so far. */
    log() {
      return [...servers.values()].flatMap(({ name, log }) => {
        const url = this.urlOf(name);
        return readLines(log).map((line) => ({ ...JSON.parse(line), url }));
      });
    },
    async stop() {
      isOver = true;
      const children = [...servers.values()].flatMap(({ child }) => (child === null ? [] : [child]));
      await Promise.all(
        children.map((child) => {
          const gone = once(child, "exit");
          child.kill("SIGKILL");
          return gone;
        }),
      );
    },
  };
}

function readLines(path) {
  try {
    return readFileSync(path, "utf8").split("\n").slice(0, -1);
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}
