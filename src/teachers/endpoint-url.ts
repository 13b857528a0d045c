import { UserError } from "../records/index.js";

/**
 * The base URL of a server without a trailing slash, as users copy it from anywhere: `http://host:8000/v1/` and
 * `…/v1/chat/completions` too. Throws a `UserError` on what is not an http(s) URL, or holds a user name or password.
 */
export function normaliseEndpoint(text: string): string {
  // What holds an @ may hold a password, and is not shown.
  const shown = text.includes("@") ? "an endpoint" : `the endpoint ${JSON.stringify(text.slice(0, 100))}`;
  if (!URL.canParse(text)) throw new UserError(`${shown} is not a URL; write it like http://127.0.0.1:8000/v1`);
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw new UserError(
      `the endpoint ${url.protocol}//${url.host} holds a user name or password; put the key into an environment variable and name it in apiKeyEnv`,
    );
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UserError(`${shown} does not start with http:// or https://; write it like http://127.0.0.1:8000/v1`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw new UserError(
      `the endpoint ${url.origin}${url.pathname} is followed by a ? or # part, which is never sent; take it off`,
    );
  }
  const path = url.pathname.replace(/\/{1,100}$/, "").replace(/\/chat\/completions$/, "");
  return `${url.origin}${path}`;
}
