import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import type { EndpointState, Teacher, WriterInfo } from "../records/index.js";
import { fixedLimit, type Sharing } from "../teachers/index.js";
import { IDLE_TEACHER } from "../testing/index.js";
import { EndpointPost } from "./endpoint-post.js";
import { shareEndpoints } from "./share-endpoints.js";

const ENDPOINT = "http://a.example/v1";

function makeWriter(
  writer: string,
  changes: Partial<WriterInfo> & {
    readonly limit?: number;
    readonly role?: EndpointState["role"] | undefined;
  },
) {
  const { limit = 10, ...rest } = changes;
  const role = "role" in changes ? changes.role : "follows";
  const state: EndpointState = {
    model: "glm",
    endpoint: ENDPOINT,
    inFlight: limit,
    limit,
    why: "",
    tokensPerSecond: 0,
    faults: {},
    isOut: false,
    ...(role === undefined ? {} : { role }),
  };
  return {
    writer,
    shard: { index: Number(writer.slice(1)), count: 8 },
    host: "a",
    heartbeatAt: new Date().toISOString(),
    state: "writing",
    endpoints: [state],
    ...rest,
  } as WriterInfo;
}

/** What the limit of one endpoint is told before the first request, while these writers are at work on the run. */
async function tellOf(own: string, writers: readonly WriterInfo[], endpoint = ENDPOINT): Promise<Sharing | null> {
  let told: Sharing | null = null;
  const teacher: Teacher = { ...IDLE_TEACHER, endpoint };
  const limit = { ...fixedLimit(8), share: (sharing: Sharing) => (told = sharing) };
  const post = new EndpointPost(teacher, limit, () => 0);
  const stop = await shareEndpoints({
    store: { writers: async (passOver) => writers.filter(({ writer }) => !passOver?.has(writer)) },
    writer: { id: own, tell: async () => undefined },
    model: "glm",
    posts: () => [post],
    everyMs: 10,
  });
  await stop();
  return told;
}

test("the first client of an endpoint looks for the limit, the others are told what it was last", async () => {
  const writers = ["w1", "w2", "w3"].map((writer, at) => makeWriter(writer, { limit: 10 + at }));
  const first = await tellOf("w1", writers);
  assert.deepEqual([first?.clients, first?.leaderLimit], [3, null]);
  const last = await tellOf("w3", writers);
  assert.deepEqual([last?.clients, last?.leaderLimit], [3, 10]);
});

test("who looks for the limit already goes on doing so, whoever started before", async () => {
  const writers = [
    makeWriter("w1", {}),
    makeWriter("w2", { role: "leads", limit: 20 }),
    makeWriter("w3", { role: "leads", limit: 30 }),
  ];
  for (const own of ["w0", "w4"]) assert.equal((await tellOf(own, writers))?.leaderLimit, 20, own);
});

test("who has closed, is silent, asks another model or another endpoint, takes no part, or was followed by another is no client of it", async () => {
  const writers = [
    makeWriter("w1", { state: "closed" }),
    makeWriter("w2", { heartbeatAt: new Date(Date.now() - 120_000).toISOString() }),
    makeWriter("w3", { endpoints: [{ ...(makeWriter("", {}).endpoints?.[0] as EndpointState), model: "kimi" }] }),
    makeWriter("w4", {
      endpoints: [{ ...(makeWriter("", {}).endpoints?.[0] as EndpointState), endpoint: "http://b.example/v1" }],
    }),
    makeWriter("w5", { role: undefined }),
    makeWriter("w6", { endpoints: [] }),
    makeWriter("w6b", { shard: { index: 7, count: 8 } }),
    makeWriter("w7", {}),
  ];
  const told = await tellOf("w7", writers);
  assert.deepEqual([told?.clients, told?.leaderLimit], [1, null]);
});

test("the later the others are seen, the longer a change of limit is given to be everywhere", async () => {
  const ago = (seconds: number) => new Date(Date.now() - 1000 * seconds).toISOString();
  const soon = await tellOf("w1", [makeWriter("w1", {}), makeWriter("w2", { heartbeatAt: ago(1) })]);
  const late = await tellOf("w1", [makeWriter("w1", {}), makeWriter("w2", { heartbeatAt: ago(30) })]);
  assert.equal(soon?.lagMs, 20);
  assert.ok((late?.lagMs ?? 0) >= 25_000 && (late?.lagMs ?? 0) < 30_000, String(late?.lagMs));
});

test("the same local address is another server on another machine, and an observer is each process's own", async () => {
  const endpoint = "http://127.0.0.1:8000/v1";
  const at = (writer: string, host: string) => {
    const info = makeWriter(writer, { host });
    return { ...info, endpoints: info.endpoints?.map((state) => ({ ...state, endpoint })) ?? [] };
  };
  const writers = [at("w1", "elsewhere"), at("w2", hostname())];
  assert.equal((await tellOf("w3", writers, endpoint))?.clients, 2);
  const observers = writers.map((info) => ({
    ...info,
    endpoints: info.endpoints.map((state) => ({ ...state, endpoint: "observer" })),
  }));
  assert.equal(await tellOf("w3", observers, "observer"), null);
});
