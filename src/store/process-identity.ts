import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who a process is, so that another one can tell later whether it still runs. What a system does not say is null. */
export interface ProcessIdentity {
  readonly host: string;
  /** Changes at every start of the machine. */
  readonly bootId: string | null;
  /** Two containers of one machine see different processes under one pid. */
  readonly pidNamespace: string | null;
  readonly pid: number;
  /** When the process started, in the system's own words: a pid is given out again, a pair of both is not. */
  readonly processStart: string | null;
  /** The scheduler's name for this job, the same after a requeue. */
  readonly job: string | null;
}

export function identifyThisProcess(env: NodeJS.ProcessEnv = process.env): ProcessIdentity {
  return {
    host: hostname(),
    bootId: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pidNamespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
    pid: process.pid,
    processStart: processStart(process.pid),
    job: schedulerJob(env),
  };
}

export function isSameMachine(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.host === b.host && a.bootId === b.bootId && a.pidNamespace === b.pidNamespace;
}

/** Whether a process of this machine still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: somebody else's process, which is alive.
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  const start = processStart(identity.pid);
  if (start === null) return process.platform !== "linux";
  return identity.processStart === null || identity.processStart === start;
}

/** Null where there is no such process, or it only waits to be reaped. */
function processStart(pid: number): string | null {
  const stat = orNull(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat !== null) {
    // The command's name stands in brackets and may hold anything; fields are counted behind the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
  }
  if (process.platform === "linux") return null;
  const started = orNull(() => execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim());
  return started === "" ? null : started;
}

function schedulerJob(env: NodeJS.ProcessEnv): string | null {
  for (const name of ["SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"]) {
    const id = env[name];
    if (id) return `${name}=${id}`;
  }
  return null;
}

function orNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
