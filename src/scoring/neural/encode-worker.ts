import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "../../records/index.js";
import { END, type EncodeJob, type EncodeReply, type EncodeResults, type EncodeWorkerData } from "./encode-jobs.js";
import {
  type BestMatches,
  type EncoderSession,
  type MatchSession,
  openEncoder,
  openMatching,
} from "./encoder-session.js";
import { createRecentVectors } from "./recent-vectors.js";

const data = workerData as EncodeWorkerData;
const port = parentPort;
if (port === null) throw new Error("this file is the body of a worker");

const sessions = new Map<number, Promise<EncoderSession>>();
const recent = createRecentVectors(data.keepBytes);
let matching: Promise<MatchSession> | null = null;

let working: Promise<unknown> = Promise.resolve();

port.on("message", (job: EncodeJob | typeof END) => {
  if (job === END) {
    working.then(leave);
    return;
  }
  working = work(job).then(
    (result) => {
      const reply: EncodeReply = { ok: true, result };
      port.postMessage(reply);
    },
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      const reply: EncodeReply = { ok: false, told: error instanceof UserError, message };
      port.postMessage(reply);
    },
  );
});

/** The runtime aborts the whole process where a thread is ended in the middle of its work; so the thread leaves by itself. */
async function leave(): Promise<void> {
  const opened = await Promise.allSettled([...sessions.values(), ...(matching === null ? [] : [matching])]);
  await Promise.allSettled(opened.map((one) => (one.status === "fulfilled" ? one.value.close() : null)));
  port?.close();
}

async function work(job: EncodeJob): Promise<EncodeResults[keyof EncodeResults]> {
  if (job.kind === "encode") return (await sessionOf(job.plan)).run(job.ids);
  matching ??= openMatching();
  const match = await matching;
  const found: BestMatches[] = [];
  if (job.kind === "match-vectors") {
    for (const hypothesis of job.hypotheses) found.push(await match.run(hypothesis, job.reference, job.width));
    return found;
  }
  const width = data.plans[job.plan]?.hidden ?? 0;
  const reference = await encodeOnce(job.plan, job.reference);
  for (const ids of job.hypotheses) found.push(await match.run(await encodeOnce(job.plan, ids), reference, width));
  return found;
}

async function encodeOnce(plan: number, ids: Int32Array): Promise<Float32Array> {
  const key = `${plan}:${Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString("latin1")}`;
  return recent.get(key) ?? recent.keep(key, await (await sessionOf(plan)).run(ids));
}

function sessionOf(place: number): Promise<EncoderSession> {
  const plan = data.plans[place];
  if (plan === undefined) throw new Error(`there is no encoder ${place}`);
  const session = sessions.get(place) ?? openEncoder(plan, data.copyWeights);
  sessions.set(place, session);
  return session;
}
