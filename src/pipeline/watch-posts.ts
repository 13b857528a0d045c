import type { DriveTimes } from "./drive-times.js";
import type { EndpointPost } from "./endpoint-post.js";

/** Gauges and knocks that take longer than this tell nothing. */
const LOOK_MS = 5_000;

export interface WatchPostsOptions {
  /** Read at every round: endpoints come and go. */
  readonly posts: () => readonly EndpointPost[];
  readonly times: DriveTimes;
  readonly now: () => number;
  readonly say: (sentence: string) => void;
  /** Something changed that the drive may act on. */
  readonly changed: () => void;
}

interface Rounds {
  gaugesAt: number;
  missingGauges: number;
  knockedAt: number;
  lookedAt: number;
  isBusy: boolean;
  /** Whether a person was told that it refuses for good. */
  isOutTold: boolean;
}

/**
 * Looks after endpoints while the drive runs: reads their gauges for the pacing, knocks where a request is silent, takes
 * out what is stalled, and looks again at what is out or was gone. Gives the way to stop.
 */
export function watchPosts(options: WatchPostsOptions): () => Promise<void> {
  const { times, now } = options;
  const rounds = new WeakMap<EndpointPost, Rounds>();
  const working = new Set<Promise<void>>();

  const roundOf = (post: EndpointPost) => {
    const started = { gaugesAt: 0, missingGauges: 0, knockedAt: 0, lookedAt: now(), isBusy: false, isOutTold: false };
    const round = rounds.get(post) ?? started;
    rounds.set(post, round);
    return round;
  };
  const look = (post: EndpointPost) => {
    const round = roundOf(post);
    tellOut(post, round, options.say);
    if (round.isBusy) return;
    round.isBusy = true;
    const work = lookAfter(post, round, options).finally(() => {
      round.isBusy = false;
      working.delete(work);
    });
    working.add(work);
  };
  const timer = setInterval(() => {
    for (const post of options.posts()) look(post);
  }, times.pollMs);
  return async () => {
    clearInterval(timer);
    const posts = options.posts();
    // Where all are out, that is why the drive ended, and its end says so.
    if (posts.some((post) => post.out === null)) for (const post of posts) tellOut(post, roundOf(post), options.say);
    await Promise.all(working);
  };
}

/** What refuses for good while others go on (a wrong key, another model) is said once; what is stalled is said with its evidence. */
function tellOut(post: EndpointPost, round: Rounds, say: (sentence: string) => void): void {
  const isOut = post.outKind === "refuses";
  if (isOut && !round.isOutTold) say(`taken out: ${post.out}`);
  round.isOutTold = isOut;
}

async function lookAfter(post: EndpointPost, round: Rounds, options: WatchPostsOptions): Promise<void> {
  const { times, now } = options;
  const isAway = post.out !== null || post.needsLook;
  if (post.inFlight > 0) {
    if (!isAway) await readGauges(post, round, now());
    // Also where it is away: a new request was refused at once, while older ones may hang on without a byte.
    if (now() - round.knockedAt >= times.silentMs && post.longestSilence(now()) >= times.silentMs) {
      round.knockedAt = now();
      await knock(post, round, options);
    }
    // One that refused a new request may take the next, long before the replies that it goes on with are over.
    if (post.out !== null) return;
  }
  if (!isAway) return;
  const dueAt = post.out === null ? post.restsUntil : round.lookedAt + times.lookAgainMs;
  if (now() < dueAt) return;
  round.lookedAt = now();
  await lookAgain(post, options);
  options.changed();
}

/** A server without gauges is asked for them less and less often. */
async function readGauges(post: EndpointPost, round: Rounds, at: number): Promise<void> {
  if (round.missingGauges > 0 && at - round.gaugesAt < Math.min(60_000, 1_000 * 2 ** round.missingGauges)) return;
  round.gaugesAt = at;
  const load = await post.teacher.readLoad(LOOK_MS);
  round.missingGauges = load === null ? round.missingGauges + 1 : 0;
  if (load === null) return;
  const makesTokens = load.generated !== null && post.load?.generated != null && load.generated > post.load.generated;
  if (makesTokens) post.generatedAt = at;
  post.load = load;
  post.limit.observe(load);
}

/** Health 200 and no tokens is stalled; a port that refuses is gone, whatever its open sockets pretend. */
async function knock(post: EndpointPost, round: Rounds, options: WatchPostsOptions): Promise<void> {
  const { times, now } = options;
  const { endpoint } = post.teacher;
  const said = await post.teacher.knock(LOOK_MS);
  const quietMs = () => now() - Math.max(post.lastOutputAt, post.generatedAt);
  if (said === "refuses" && quietMs() < LOOK_MS) {
    // What still speaks is not gone, whatever a gateway says of its health; soon it will have spoken on, or not.
    round.knockedAt = now() - times.silentMs + LOOK_MS;
    return;
  }
  if (said === "refuses") {
    post.cancelAll(`${endpoint} fell silent, and its /health refuses: the server is gone`);
    options.changed();
    return;
  }
  if (quietMs() < times.stalledMs || (await post.answersProbe(times.probeMs))) return;
  // While the probe waited, what was silent may have spoken, or come to an end of its own.
  if (quietMs() < times.stalledMs || post.inFlight === 0) return;
  const health = said === "answers" ? "its /health answers" : "its /health is silent too";
  const evidence = `${endpoint} is stalled: ${post.inFlight} requests and not one token for ${Math.round(quietMs() / 1000)} s, while ${health}`;
  options.say(evidence);
  round.lookedAt = now();
  post.takeOut(evidence, "stalled");
  post.cancelAll(evidence);
  options.changed();
}

async function lookAgain(post: EndpointPost, options: WatchPostsOptions): Promise<void> {
  const health = await post.teacher.look(AbortSignal.timeout(2 * LOOK_MS));
  if (!health.reachable) {
    if (post.out === null) post.stillGone(health.problem);
    return;
  }
  post.everAnswered = true;
  if (health.problem !== null) {
    post.takeOut(health.problem);
    return;
  }
  // One token shows that what was stalled works again.
  if (post.outKind === "stalled" && !(await post.answersProbe(options.times.probeMs))) return;
  if (post.out !== null) options.say(`${post.teacher.endpoint} is back`);
  post.takeBack();
}
