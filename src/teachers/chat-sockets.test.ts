import assert from "node:assert/strict";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { askFor, chatEvents, chatStream, SHORT_TIMEOUTS } from "../testing/index.js";
import { openTeacher, withServer } from "./test-teacher.js";

const EVENT_STREAM = { "content-type": "text/event-stream" };

test("a request that is given up frees its connection for the next", async () => {
  await withServer(
    (_request, index) => (index === 0 ? { end: "hang" } : chatStream(["second"])),
    async (teacher, server) => {
      const first = teacher.ask(askFor());
      const second = teacher.ask(askFor());
      assert.equal((await first).fault?.kind, "timed-out");
      assert.equal((await second).reply?.content, "second");
      assert.equal(server.sockets.open, 1);
    },
    { connections: 1, timeouts: { ...SHORT_TIMEOUTS, firstByteMs: 200 } },
  );
});

test("a socket is used again, and never more are open than allowed", async () => {
  await withServer(
    () => chatStream(["x"]),
    async (teacher, server) => {
      await Promise.all(Array.from({ length: 50 }, () => teacher.ask(askFor())));
      for (let at = 0; at < 5; at += 1) await teacher.ask(askFor());
      assert.ok(server.sockets.most <= 4);
      assert.equal(server.seen.length, 55);
    },
    { connections: 4 },
  );
});

for (const room of [0, 4096]) {
  const how = room === 0 ? "with a copy of its picture" : "with its picture where it lies";
  test(`a kept socket that the server closes as we send is asked again once, unseen, ${how}`, () =>
    askOverStaleSockets(room));
}

async function askOverStaleSockets(room: number): Promise<void> {
  await withServer(
    ({ turn }) => (turn === 0 ? chatStream(["x"]) : { end: "reset" }),
    async (teacher, server) => {
      let taken = 0;
      const text = askFor().picture.base64.toString();
      for (let at = 0; at < 3; at += 1) {
        const { picture, requestId } = askFor();
        const base64 = Buffer.alloc(text.length + 2 * room).subarray(room, room + text.length);
        base64.write(text);
        const onPictureTaken = () => {
          taken += 1;
          // Its memory is another picture's from here on.
          base64.fill("x");
        };
        const ask = {
          picture: { ...picture, base64, room },
          requestId,
          onPictureTaken,
          claimPicture: () => onPictureTaken,
        };
        assert.equal((await teacher.ask(ask)).fault, null);
      }
      // The second and the third were each met by a reset on the used socket and went out again on a new one.
      assert.equal(server.seen.length, 5);
      assert.equal(taken, 3);
      for (const { body } of server.seen) assert.ok(body.toString().includes(`base64,${text}"`));
    },
    { connections: 1 },
  );
}

test("a picture's memory is given back once the reply is under way, and not while it is still being sent", async () => {
  // More than the system keeps for a socket that nobody reads.
  const room = 4096;
  for (const bytes of [1_000, 32_000_000]) {
    const told: string[] = [];
    const server = createTcpServer((socket) => {
      socket.once("data", () => {
        socket.pause();
        const [first, ...rest] = chatEvents(["x"]);
        socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n${first}`);
        setTimeout(() => {
          told.push("read on");
          socket.resume();
          socket.end(rest.join(""));
        }, 100);
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const teacher = openTeacher(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
    const base64 = Buffer.alloc(bytes + 2 * room, "A").subarray(room, room + bytes);
    const picture = { ...askFor().picture, base64, room };
    const claimPicture = () => () => void told.push("given back");
    const { reply } = await teacher.ask({ ...askFor(), picture, claimPicture });
    await teacher.close();
    server.close();
    assert.equal(reply?.content, "x");
    assert.equal(told[0], bytes === 1_000 ? "given back" : "read on");
  }
});

test("a reset on a new socket, or after the first byte, is not asked again", async () => {
  await withServer(
    () => ({ end: "reset" }),
    async (teacher, server) => {
      assert.equal((await teacher.ask(askFor())).fault?.kind, "broken-stream");
      assert.equal(server.seen.length, 1);
    },
  );
  await withServer(
    ({ turn }) =>
      turn === 0
        ? chatStream(["x"])
        : { status: 200, headers: EVENT_STREAM, steps: [": hi\n\n", { waitMs: 10 }], end: "reset" },
    async (teacher, server) => {
      await teacher.ask(askFor());
      assert.equal((await teacher.ask(askFor())).fault?.kind, "broken-stream");
      assert.equal(server.seen.length, 2);
    },
    { connections: 1 },
  );
});
