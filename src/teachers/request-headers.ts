import { UserError } from "../records/index.js";

/** The headers of every request to a server. Throws a `UserError` on a key that no header can carry. */
export function requestHeaders(name: string, apiKey: string | null): Record<string, string> {
  const plain = {
    accept: "text/event-stream, application/json",
    "accept-encoding": "identity",
    "user-agent": "imagenet-think",
  };
  if (apiKey === null || apiKey === "") return plain;
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new UserError(
      `the key of ${name} holds a space, a line break or another character that no header can carry; set its variable again`,
    );
  }
  return { ...plain, authorization: `Bearer ${apiKey}` };
}
