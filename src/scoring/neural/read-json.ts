import { readFile } from "node:fs/promises";
import { UserError } from "../../records/index.js";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object in a JSON file; null where there is no such file. Throws a `UserError` where it holds something else. */
export async function readJsonObject(path: string): Promise<JsonObject | null> {
  const value = await readJsonFile(path);
  if (value === null) return null;
  if (typeof value !== "object" || Array.isArray(value)) throw new UserError(`${path} is not a JSON object`);
  return value as JsonObject;
}

/** What a JSON file holds; null where there is no such file. */
export async function readJsonFile(path: string): Promise<unknown> {
  let body: string;
  try {
    body = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return null;
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return JSON.parse(body);
  } catch {
    throw new UserError(`${path} is not JSON`);
  }
}
