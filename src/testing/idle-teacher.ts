import type { Teacher } from "../records/index.js";

/** A teacher for tests of what stands around one: it answers every look and is never asked. */
export const IDLE_TEACHER: Teacher = {
  name: "glm",
  endpoint: "http://h/v1",
  ask: () => Promise.reject(new Error("not asked here")),
  look: () => Promise.reject(new Error("not asked here")),
  knock: () => Promise.resolve("answers"),
  readLoad: () => Promise.resolve(null),
  answersProbe: () => Promise.resolve(true),
  close: () => Promise.resolve(),
};
