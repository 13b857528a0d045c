import type { IncomingMessage } from "node:http";
import { badForm, fault, RequestFault } from "./request-fault.js";

/** The largest picture a client may prepare, in base64, and room for the words. */
const MOST_BYTES = 150 * 1024 * 1024;

/** Reads the JSON text of a request. Throws a `RequestFault` for another content type, a packed body, or one too large. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const { "content-type": type = "", "content-encoding": encoding } = request.headers;
  if (!/^application\/json\b/i.test(type)) {
    throw badForm("Unsupported Media Type: Only 'application/json' is allowed", null);
  }
  if (encoding !== undefined && encoding !== "identity") {
    throw new RequestFault(400, { detail: "There was an error parsing the body" });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // The stream must outlive a refusal, or the client would see a broken connection in place of the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MOST_BYTES) throw fault(413, `The body is larger than ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
