import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { ModelSpec } from "../records/index.js";

/** One line of an endpoints file. */
export interface ListedEndpoint {
  readonly url: string;
  /** The name of the variable that holds its key; null is the model's own. */
  readonly apiKeyEnv: string | null;
}

/** The file that lists a model's endpoints; null where the recipe lists them itself. */
export function endpointsFileOf(model: ModelSpec): string | null {
  const [first] = model.endpoints;
  return model.endpoints.length === 1 && first !== undefined && isAbsolute(first) ? first : null;
}

/**
 * Reads an endpoints file: JSON Lines of `{ "url": …, "apiKeyEnv": … }`, written by whoever starts the servers. Lines
 * that cannot be read (one may be half written) are passed over and said once; a file that is not there lists none.
 */
export async function readEndpointsFile(
  file: string,
  say: (sentence: string) => void,
): Promise<readonly ListedEndpoint[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") say(`${file} cannot be read (${error.code}); its endpoints stay as they were`);
    return error.code === "ENOENT" ? "" : null;
  });
  if (text === null) throw new Error(`${file} cannot be read`);
  const listed = new Map<string, ListedEndpoint>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const endpoint = readLine(line);
    if (endpoint === null) say(`${file}, line ${index + 1} is not { "url": "http://…/v1" } and is passed over`);
    else listed.set(endpoint.url, endpoint);
  }
  return [...listed.values()];
}

function readLine(line: string): ListedEndpoint | null {
  try {
    const value: unknown = JSON.parse(line);
    if (value === null || typeof value !== "object" || !("url" in value) || typeof value.url !== "string") return null;
    const { protocol, username, password } = new URL(value.url);
    if (!/^https?:$/.test(protocol) || username !== "" || password !== "") return null;
    const key = "apiKeyEnv" in value ? value.apiKeyEnv : null;
    if (key !== null && key !== undefined && (typeof key !== "string" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)))
      return null;
    return { url: value.url.replace(/\/+$/, ""), apiKeyEnv: key ?? null };
  } catch {
    return null;
  }
}
