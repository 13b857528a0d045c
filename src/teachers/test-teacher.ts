import type { Teacher } from "../records/index.js";
import {
  type Behaviour,
  type ScriptedServer,
  type SeenRequest,
  SHORT_TIMEOUTS,
  startScriptedServer,
} from "../testing/index.js";
import { type ChatTeacherOptions, openChatTeacher } from "./index.js";

/** A chat teacher for this room's tests. */
export function openTeacher(endpoint: string, options: Partial<ChatTeacherOptions> = {}): Teacher {
  return openChatTeacher({
    name: "m",
    endpoint,
    model: "m",
    body: { max_tokens: 64, temperature: 0.8 },
    messages: (url) => [
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url } },
          { type: "text", text: "What is it?" },
        ],
      },
    ],
    timeouts: SHORT_TIMEOUTS,
    apiKey: null,
    connections: 64,
    env: {},
    ...options,
  });
}

/** Runs against a server that follows the script, and closes both. */
export async function withServer(
  script: (request: SeenRequest, index: number) => Behaviour,
  run: (teacher: Teacher, server: ScriptedServer) => Promise<void>,
  options: Partial<ChatTeacherOptions> = {},
): Promise<void> {
  const server = await startScriptedServer(script);
  const teacher = openTeacher(`${server.url}/v1`, options);
  try {
    await run(teacher, server);
  } finally {
    await teacher.close();
    await server.close();
  }
}
