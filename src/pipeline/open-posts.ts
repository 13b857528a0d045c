import { renderMessages } from "../prompts/index.js";
import { type ModelSpec, type Prompt, type Teacher, UserError } from "../records/index.js";
import { adaptiveLimit, type ChatTeacherOptions, fixedLimit, openChatTeacher } from "../teachers/index.js";
import { EndpointPost } from "./endpoint-post.js";
import type { EndpointWires } from "./endpoint-wires.js";
import { startObserver } from "./start-observer.js";

/** A model's endpoints, ready to be asked, and what must be stopped afterwards. */
export interface OpenedPosts {
  readonly posts: readonly EndpointPost[];
  stop(): Promise<void>;
}

const MOST_IN_FLIGHT = 512;

/** Opens every endpoint of a model; starts an observer where the recipe says so. Asks for no tokens. */
export async function openPosts(model: ModelSpec, prompt: Prompt, wires: EndpointWires): Promise<OpenedPosts> {
  const apiKey = readKey(model);
  const observers = model.endpoints[0] === "observer" ? [await startObserver(model)] : [];
  const urls = observers.length > 0 ? observers.map((observer) => observer.url) : model.endpoints;
  const open = (url: string): EndpointPost => {
    const options: ChatTeacherOptions = {
      name: model.name,
      endpoint: url,
      model: model.model,
      body: model.sampling,
      messages: (imageUrl) => renderMessages(prompt, model.system, imageUrl),
      timeouts: model.timeouts,
      apiKey,
      connections: model.concurrency ?? MOST_IN_FLIGHT,
    };
    // What this program's own observer takes is known.
    const chat = openChatTeacher(observers.length > 0 ? options : { ...options, wire: wires(model, options) });
    // An observer's port is of no use to anyone afterwards; what wrote the reply is.
    const teacher: Teacher = observers.length > 0 ? { ...chat, endpoint: "observer" } : chat;
    const limit =
      model.concurrency === null
        ? adaptiveLimit({ now: () => performance.now(), cap: MOST_IN_FLIGHT })
        : fixedLimit(model.concurrency);
    return new EndpointPost(teacher, limit, performance.now(), Math.random);
  };
  const posts = urls.map(open);
  await Promise.all(posts.map(lookFirst));
  return {
    posts,
    stop: async () => {
      await Promise.all(observers.map((observer) => observer.stop()));
    },
  };
}

/** A wrong model or key is known before the first picture is sent. */
async function lookFirst(post: EndpointPost): Promise<void> {
  const health = await post.teacher.look(AbortSignal.timeout(10_000));
  if (health.reachable && health.problem !== null) post.takeOut(health.problem);
}

function readKey(model: ModelSpec): string | null {
  if (model.apiKeyEnv === null) return null;
  const key = process.env[model.apiKeyEnv];
  if (key === undefined || key === "") {
    throw new UserError(
      `the environment variable ${model.apiKeyEnv}, which holds the key of ${model.name}, is not set`,
    );
  }
  return key;
}
