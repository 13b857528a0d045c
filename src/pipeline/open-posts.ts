import { renderMessages } from "../prompts/index.js";
import { type ModelSpec, type Prompt, type Teacher, UserError } from "../records/index.js";
import { adaptiveLimit, type ChatTeacherOptions, fixedLimit, openChatTeacher } from "../teachers/index.js";
import type { LivePosts } from "./drive-model.js";
import { EndpointPost } from "./endpoint-post.js";
import type { EndpointWires } from "./endpoint-wires.js";
import { endpointsFileOf, type ListedEndpoint, readEndpointsFile } from "./endpoints-file.js";
import { startObserver } from "./start-observer.js";

/** A model's endpoints, ready to be asked, and what must be stopped afterwards. */
export interface OpenedPosts extends LivePosts {
  stop(): Promise<void>;
}

export interface OpenPostsOptions {
  readonly wires: EndpointWires;
  readonly say: (sentence: string) => void;
  /** How often an endpoints file is read again (ms). */
  readonly fileMs: number;
}

const MOST_IN_FLIGHT = 512;

/** Opens every endpoint of a model; starts an observer where the recipe says so. Asks for no tokens. */
export async function openPosts(model: ModelSpec, prompt: Prompt, options: OpenPostsOptions): Promise<OpenedPosts> {
  const open = (endpoint: ListedEndpoint, isObserver: boolean) =>
    openPost(model, prompt, options, endpoint, isObserver);
  const file = endpointsFileOf(model);
  if (file !== null) return watchFile(file, (endpoint) => open(endpoint, false), options);
  const observers = model.endpoints[0] === "observer" ? [await startObserver(model)] : [];
  const urls = observers.length > 0 ? observers.map((observer) => observer.url) : model.endpoints;
  const posts = urls.map((url) => open({ url, apiKeyEnv: null }, observers.length > 0));
  await Promise.all(posts.map(lookFirst));
  return {
    posts,
    isWatched: false,
    onChange: () => () => {},
    stop: async () => {
      await Promise.all(observers.map((observer) => observer.stop()));
    },
  };
}

function openPost(
  model: ModelSpec,
  prompt: Prompt,
  { wires }: OpenPostsOptions,
  endpoint: ListedEndpoint,
  isObserver: boolean,
): EndpointPost {
  const chatOptions: ChatTeacherOptions = {
    name: model.name,
    endpoint: endpoint.url,
    model: model.model,
    body: model.sampling,
    messages: (imageUrl) => renderMessages(prompt, model.system, imageUrl),
    timeouts: model.timeouts,
    apiKey: readKey(model.name, endpoint.apiKeyEnv ?? model.apiKeyEnv),
    connections: model.concurrency ?? MOST_IN_FLIGHT,
  };
  // What this program's own observer takes is known.
  const chat = openChatTeacher(isObserver ? chatOptions : { ...chatOptions, wire: wires(model, chatOptions) });
  // An observer's port is of no use to anyone afterwards; what wrote the reply is.
  const teacher: Teacher = isObserver ? { ...chat, endpoint: "observer" } : chat;
  const limit =
    model.concurrency === null
      ? adaptiveLimit({ now: () => performance.now(), cap: MOST_IN_FLIGHT })
      : fixedLimit(model.concurrency);
  return new EndpointPost(teacher, limit, () => performance.now());
}

/** Keeps the list of endpoints as the file says, while the run goes on. One that left finishes what it has. */
async function watchFile(
  file: string,
  open: (endpoint: ListedEndpoint) => EndpointPost,
  { say, fileMs }: OpenPostsOptions,
): Promise<OpenedPosts> {
  const posts: EndpointPost[] = [];
  const known = new Map<string, EndpointPost>();
  const listeners = new Set<() => void>();
  const said = new Set<string>();
  const sayOnce = (sentence: string) => {
    if (!said.has(sentence)) say(sentence);
    said.add(sentence);
  };

  async function add(endpoint: ListedEndpoint): Promise<void> {
    const before = known.get(endpoint.url);
    if (before !== undefined) {
      before.isLeaving = false;
      return;
    }
    try {
      const post = open(endpoint);
      known.set(endpoint.url, post);
      await lookFirst(post);
      posts.push(post);
      say(`${post.teacher.endpoint} joins`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      sayOnce(error.message);
    }
  }

  async function refresh(): Promise<void> {
    const listed = await readEndpointsFile(file, sayOnce).catch(() => null);
    if (listed === null) return;
    const urls = new Set(listed.map(({ url }) => url));
    for (const [url, post] of known) {
      if (!urls.has(url) && !post.isLeaving) {
        post.isLeaving = true;
        say(`${post.teacher.endpoint} leaves`);
      }
      if (!post.isLeaving || post.inFlight > 0 || !posts.includes(post)) continue;
      posts.splice(posts.indexOf(post), 1);
      known.delete(url);
      await post.teacher.close();
    }
    await Promise.all(listed.map(add));
    for (const listener of listeners) listener();
  }

  await refresh();
  let reading = Promise.resolve();
  let isReading = false;
  const timer = setInterval(() => {
    if (isReading) return;
    isReading = true;
    reading = refresh().finally(() => {
      isReading = false;
    });
  }, fileMs);
  return {
    posts,
    isWatched: true,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: async () => {
      clearInterval(timer);
      await reading;
    },
  };
}

/** A wrong model or key is known before the first picture is sent; what is not there yet is looked for before it gets work. */
async function lookFirst(post: EndpointPost): Promise<void> {
  const health = await post.teacher.look(AbortSignal.timeout(10_000));
  post.everAnswered ||= health.reachable;
  if (!health.reachable) post.stillGone(health.problem);
  else if (health.problem !== null) post.takeOut(health.problem);
}

/** Throws a `UserError` where a model's key is not set. The lines of an endpoints file may name keys of their own. */
export function needKeys(models: readonly ModelSpec[]): void {
  for (const model of models) if (endpointsFileOf(model) === null) readKey(model.name, model.apiKeyEnv);
}

function readKey(name: string, variable: string | null): string | null {
  if (variable === null) return null;
  const key = process.env[variable];
  if (key === undefined || key === "") {
    throw new UserError(`the environment variable ${variable}, which holds the key of ${name}, is not set`);
  }
  return key;
}
