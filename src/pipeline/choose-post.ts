import type { EndpointPost } from "./endpoint-post.js";

/** A full endpoint must beat a free one by this much to be waited for. */
const CLEARLY = 0.8;

/**
 * The endpoint where one more cell is done soonest, null where none may take it now or waiting for a faster one, that is
 * full, brings it sooner. `queued` cells stand before it.
 */
export function choosePost(posts: readonly EndpointPost[], queued: number, now: number): EndpointPost | null {
  const known = posts.flatMap((post) => (post.meanMs === null ? [] : [post.meanMs]));
  const guess = known.length === 0 ? 1 : Math.min(...known);
  const score = (post: EndpointPost) => (post.meanMs ?? guess) * (1 + post.inFlight / post.limit.limit);
  let best: EndpointPost | null = null;
  for (const post of posts) {
    if (post.canTake(now) && (best === null || score(post) < score(best))) best = post;
  }
  const itsMs = best?.meanMs ?? null;
  if (best === null || itsMs === null) return best;
  const isBeaten = posts.some(
    (post) =>
      post !== best &&
      post.isUsable(now) &&
      !post.isReserved &&
      post.meanMs !== null &&
      post.meanMs * (1 + queued / post.limit.limit) < CLEARLY * itsMs,
  );
  return isBeaten ? null : best;
}
