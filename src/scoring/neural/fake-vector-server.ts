import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openCheckpoint } from "./checkpoint.js";
import { startEncoderPool } from "./encoder-pool.js";

export interface FakeVectorServer extends AsyncDisposable {
  readonly url: string;
}

/** For tests: a server on vLLM's wire that gives vectors of our own encoder, up to a layer, changed by `alter`. */
export async function startFakeVectorServer(
  folder: string,
  road: "/v1/embeddings" | "/pooling",
  layer: number,
  alter: (vectors: Float32Array) => Float32Array = (vectors) => vectors,
): Promise<FakeVectorServer> {
  const checkpoint = await openCheckpoint({
    folder,
    prefixSpace: false,
    output: road === "/pooling" ? "unit-tokens" : "mean",
    layerOf: () => layer,
    maxLength: null,
  });
  const pool = startEncoderPool([checkpoint.plan], 1);
  let asked = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.setHeader("content-type", "application/json");
    if (request.url === "/v1/models") return response.end(JSON.stringify({ data: [{ id: "bert-tiny" }] }));
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { input: number[][]; encoding_format: string };
    if (request.url !== road || body.encoding_format !== "base64") {
      response.statusCode = 404;
      return response.end("{}");
    }
    asked += body.input.length;
    // The first request of all is told to come again.
    if (asked === body.input.length) {
      response.statusCode = 503;
      return response.end("{}");
    }
    const rows = await Promise.all(
      body.input.map(async (ids, index) => {
        const vectors = alter(await pool.run({ kind: "encode", plan: 0, ids: Int32Array.from(ids) }));
        const data = Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength).toString("base64");
        return road === "/pooling" ? { index, data } : { index, embedding: data };
      }),
    );
    // The order of the rows is the server's own business.
    return response.end(JSON.stringify({ data: rows.reverse() }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await pool.close();
    },
  };
}
