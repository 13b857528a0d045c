// What happens in a drill, drawn from a seed: everything a server, a disk, a scheduler and a user's own file of endpoints
// do to a run in a day. Hours count from the start.

/** Two teachers. `speed` 1 answers in the mean time; `listed` servers come and go by the endpoints file. */
const SERVERS = [
  { name: "glm-a", model: "glm", speed: 1, slots: 8, gauges: true },
  { name: "glm-b", model: "glm", speed: 0.6, slots: 8, gauges: false },
  { name: "glm-c", model: "glm", speed: 1.5, slots: 8, gauges: false },
  { name: "kimi-a", model: "kimi", speed: 1, slots: 8, gauges: false },
  { name: "kimi-b", model: "kimi", speed: 0.7, slots: 8, gauges: true },
];

/** What a server does to a share of its requests (all where none is given), how often in a day, and for how long (hours). */
const PHASES = [
  { kind: "busy-with-header", times: 3, hours: 0.5, share: 0.9 },
  { kind: "busy", times: 3, hours: 0.5, share: 0.9 },
  { kind: "resets", times: 4, hours: 0.8, share: 0.15 },
  { kind: "error-events", times: 3, hours: 0.6, share: 0.15 },
  { kind: "aborts", times: 2, hours: 0.5, share: 0.15 },
  { kind: "stalled", times: 3, hours: 0.5 },
  { kind: "other-model", times: 3, hours: 0.7 },
  { kind: "one-slot", times: 3, hours: 0.7 },
  { kind: "slow", times: 3, hours: 1 },
  { kind: "fast", times: 3, hours: 1 },
  { kind: "server-errors", times: 2, hours: 0.4, share: 0.3 },
];

/** `random` gives numbers in [0, 1). A day that is cut short has as much in it as its part, and everything once. */
export function drawLife({ random, hours, kills }) {
  const part = hours / 24;
  const often = (times) => Math.max(1, Math.round(times * part));
  const length = (usual) => Math.min(usual, hours / 8);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const span = (usual) => {
    const forHours = length(usual) * (0.6 + 0.8 * random());
    const fromHour = random() * (hours - forHours);
    return { fromHour, toHour: fromHour + forHours };
  };
  const repeat = (times, make) => Array.from({ length: often(times) }, make);
  return {
    hours,
    servers: SERVERS,
    phases: PHASES.flatMap(({ times, hours: usual, ...phase }) =>
      repeat(times, () => ({ ...phase, server: pick(SERVERS).name, ...span(usual) })),
    ),
    restarts: repeat(8, () => ({
      server: pick(SERVERS).name,
      signal: pick(["SIGKILL", "SIGTERM"]),
      ...span(0.2),
    })),
    absences: repeat(3, () => ({ server: pick(SERVERS.filter(({ model }) => model === "glm")).name, ...span(1.5) })),
    diskFull: repeat(1, () => span(0.5)),
    kills: Array.from({ length: kills }, () => random() * hours).sort((a, b) => a - b),
  };
}

/** The first phase that is on at this hour and takes this request; `chance` gives its number in [0, 1) for a kind. */
export function phaseAt(phases, hour, chance) {
  return phases.find(
    ({ kind, fromHour, toHour, share = 1 }) => hour >= fromHour && hour < toHour && chance(kind) < share,
  );
}
