/** Maps a stream in order with up to `ahead` calls under way; the first fault ends it. */
export async function* readAhead<T, R>(
  items: AsyncIterable<T>,
  ahead: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const waiting: Promise<R>[] = [];
  for await (const item of items) {
    const result = map(item);
    // A fault is met where its turn comes; until then it must not count as unhandled.
    result.catch(() => undefined);
    waiting.push(result);
    const first = waiting.length > ahead ? waiting.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const result of waiting) yield await result;
}
