import { readFile } from "node:fs/promises";
import { load as parseYaml, YAMLException } from "js-yaml";
import type { z } from "zod";
import { suggestName, UsageError, UserError } from "../records/index.js";
import { presetNamed } from "./model-presets.js";
import { type Recipe, type RecipeModel, RecipeSchema } from "./recipe-schema.js";

/** Reads a recipe (YAML, or JSON, which is YAML too). Throws a `UsageError` that names the key and the nearest known one. */
export async function readRecipe(file: string): Promise<Recipe> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const seen = error.code === "ENOENT" ? "does not exist" : `cannot be read (${error.code})`;
    throw new UserError(`the recipe ${file} ${seen}; \`imagenet-think init\` writes one`);
  });
  return parseRecipe(text, file);
}

/** The same for a text; `file` is only its name in messages. */
export function parseRecipe(text: string, file: string): Recipe {
  let value: unknown;
  try {
    value = parseYaml(text, { filename: file });
  } catch (error) {
    throw new UsageError(`${file}${describeYamlFault(error)}`);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new UsageError(`${file} must be a mapping of keys such as name, images and teachers`);
  }
  const parsed = RecipeSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) throw new UsageError(`${file}: ${describeIssues(parsed.error.issues)}`);
  checkModels(parsed.data, file);
  return parsed.data;
}

function describeYamlFault(error: unknown): string {
  if (!(error instanceof YAMLException)) return ` is not valid YAML: ${String(error)}`;
  const { mark, reason } = error;
  const place = mark === undefined ? "" : `, line ${mark.line + 1}, column ${mark.column + 1}`;
  return `${place}: this is not valid YAML: ${reason}`;
}

/** The most telling issue as one sentence: an unknown key first, since it often explains the missing one. */
function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const flat = issues.flatMap((issue) => (issue.code === "invalid_union" ? unionIssues(issue) : [issue]));
  const unknown = flat.find((issue) => issue.code === "unrecognized_keys");
  const issue = unknown ?? flat[0];
  if (issue === undefined) return "is not a valid recipe";
  const at = pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    return `unknown key "${key}"${at === "" ? "" : ` in ${at}`}${suggestName(key, knownKeys(RecipeSchema, issue.path))}`;
  }
  if (issue.code === "invalid_value" && typeof issue.input === "string") {
    return `${at} is "${issue.input}"${suggestName(issue.input, issue.values.map(String))}`;
  }
  if (issue.input === undefined && issue.code === "invalid_type") return `${at} is missing`;
  if (issue.input === null) return `${at} has no value; give it one, or take the key out`;
  if (issue.code === "invalid_type") return `${at} must be ${kindNamed(issue.expected)}, not ${kindOf(issue.input)}`;
  if (issue.code === "too_small" && issue.origin === "number") return `${at} must be at least ${issue.minimum}`;
  if (issue.code === "too_big" && issue.origin === "number") return `${at} must be at most ${issue.maximum}`;
  return `${at}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
}

/** Zod's names of kinds, in words. */
const KINDS: Readonly<Record<string, string>> = {
  object: "keys with values",
  record: "keys with values",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

function kindNamed(expected: string): string {
  return KINDS[expected] ?? expected;
}

/** Never the value itself: it might be a key at the wrong place. */
function kindOf(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value)) return "a fraction";
  return kindNamed(Array.isArray(value) ? "array" : typeof value);
}

/** The branch of a union that fits best: the one whose complaint lies deepest. */
function unionIssues(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] {
  const branches = issue.errors.map((branch) =>
    branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
  );
  const depth = (branch: readonly z.core.$ZodIssue[]) =>
    Math.max(0, ...branch.map((inner) => inner.path.length + (inner.code === "unrecognized_keys" ? 1 : 0)));
  return branches.sort((a, b) => depth(b) - depth(a))[0] ?? [];
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`))
    .join("");
}

/** The keys the schema knows at a path. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): string[] {
  const node = unwrap(schema);
  const [head, ...rest] = path;
  if (node.shape !== undefined) {
    return head === undefined ? Object.keys(node.shape) : knownKeys(node.shape[String(head)], rest);
  }
  if (node.element !== undefined && head !== undefined) return knownKeys(node.element, rest);
  if (node.options !== undefined) return node.options.flatMap((option) => knownKeys(option, path));
  return [];
}

interface SchemaNode {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
  readonly unwrap?: () => unknown;
}

function unwrap(schema: unknown): SchemaNode {
  const node = (schema ?? {}) as SchemaNode;
  const isWrapper = node.shape === undefined && node.element === undefined && typeof node.unwrap === "function";
  return isWrapper && node.unwrap !== undefined ? unwrap(node.unwrap()) : node;
}

/** What no schema can say: names once, no credentials in URLs, nothing in `extra` that the wire decides itself. */
function checkModels(recipe: Recipe, file: string): void {
  const names = new Set<string>();
  for (const [list, models] of [
    ["teachers", recipe.teachers],
    ["candidates", recipe.candidates ?? []],
  ] as const) {
    for (const [index, model] of models.entries()) {
      const at = `${file}: ${list}[${index}]`;
      if (names.has(model.name))
        throw new UsageError(`${at}.name "${model.name}" is used twice; every model needs its own`);
      names.add(model.name);
      checkEndpoints(at, model.endpoints);
      checkPreset(at, model);
      checkTrial(at, model);
      if (model.model === undefined && model.preset === undefined && !isObserver(model.endpoints)) {
        throw new UsageError(`${at}.model is missing; it is the name that the server lists under /v1/models`);
      }
      for (const key of Object.keys(model.extra ?? {})) {
        if (RESERVED_FIELDS.has(key)) {
          throw new UsageError(`${at}.extra may not set "${key}"; ${RESERVED_FIELDS.get(key)}`);
        }
      }
    }
  }
}

function checkPreset(at: string, model: RecipeModel): void {
  if (model.preset === undefined) {
    if (model.dialect === undefined) throw new UsageError(`${at}.dialect is missing; a preset would say it too`);
    return;
  }
  const { needsSystem } = presetNamed(model.preset);
  if (needsSystem !== null && model.system === undefined && model.dialect === undefined) {
    throw new UsageError(`${at}.system is missing: ${needsSystem}`);
  }
}

function checkTrial(at: string, { observer, endpoints }: RecipeModel): void {
  if (observer === undefined) return;
  if (!isObserver(endpoints)) {
    throw new UsageError(
      `${at}.observer is for trials with \`endpoints: observer\`; a server is not told how to write`,
    );
  }
  if (observer.brokenShare !== undefined && observer.broken === undefined) {
    throw new UsageError(`${at}.observer.brokenShare has no effect without broken`);
  }
}

const RESERVED_FIELDS = new Map<string, string>([
  ["model", "use the key model"],
  ["messages", "use prompt and system"],
  ["stream", "replies are always streamed"],
  ["n", "one reply is asked for each picture"],
  // By the name of the chat wire, of newer OpenAI models, of transformers, of OpenAI's responses, of llama.cpp.
  ...["max_tokens", "max_completion_tokens", "max_new_tokens", "max_output_tokens", "n_predict"].map(
    (name): [string, string] => [name, "use maxTokens"],
  ),
]);

export function isObserver(endpoints: string | readonly string[]): boolean {
  return endpoints === "observer" || (endpoints.length === 1 && endpoints[0] === "observer");
}

/** Whether endpoints are a file that lists them: one word that is neither `observer` nor a URL, be it one without its scheme. */
export function isEndpointsFile(endpoints: string | readonly string[]): endpoints is string {
  return (
    typeof endpoints === "string" && endpoints !== "observer" && !/^[a-z]+:\/\/|^[^/\\]+:[^/\\]*@/i.test(endpoints)
  );
}

function checkEndpoints(at: string, asked: string | readonly string[]): void {
  if (isObserver(asked)) return;
  if (isEndpointsFile(asked)) {
    const meant = /[./\\]/.test(asked) ? "" : suggestName(asked, ["observer"]);
    if (meant !== "")
      throw new UsageError(`${at}.endpoints is "${asked}"${meant}; a file of endpoints is written with its ending`);
    return;
  }
  const endpoints = typeof asked === "string" ? [asked] : asked;
  for (const endpoint of endpoints) checkUrl(`${at}.endpoints`, endpoint);
}

function checkUrl(at: string, text: string): void {
  // What holds an @ may hold a password, and is not shown.
  const shown = text.includes("@") ? "one of them" : `"${text}"`;
  if (!URL.canParse(text)) {
    throw new UsageError(`${at}: ${shown} is neither a URL such as http://127.0.0.1:8000/v1 nor the word observer`);
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(`${at}: a URL must not hold a user name or password (host ${url.host}); use apiKeyEnv`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UsageError(`${at}: ${shown} must start with http:// or https://`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw new UsageError(
      `${at}: ${url.origin}${url.pathname} is followed by a ? or # part, which is never sent; take it off (a key goes into apiKeyEnv)`,
    );
  }
}
