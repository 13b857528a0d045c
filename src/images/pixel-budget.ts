/** Takes turns so that the pixels decoded at the same time stay within a limit. */
export interface PixelBudget {
  /** Resolves when there is room, with the function that gives it back. What is larger than the limit goes alone. */
  take(pixels: number): Promise<() => void>;
}

export function openPixelBudget(limit: number): PixelBudget {
  let free = limit;
  const waiting: { readonly cost: number; readonly go: () => void }[] = [];
  const admit = () => {
    // In the order of arrival: a large picture is not overtaken for ever by small ones.
    for (let next = waiting[0]; next !== undefined && next.cost <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.cost;
      next.go();
    }
  };
  return {
    take: (pixels) => {
      const cost = Math.min(Math.max(0, pixels), limit);
      return new Promise((resolve) => {
        let given = false;
        const giveBack = () => {
          if (given) return;
          given = true;
          free += cost;
          admit();
        };
        waiting.push({ cost, go: () => resolve(giveBack) });
        admit();
      });
    },
  };
}
