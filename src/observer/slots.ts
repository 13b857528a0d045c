/** A limited number of places to work in, and a queue before them. */
export interface Slots {
  readonly running: number;
  readonly waiting: number;
  /** False, and nothing else happens, where every place and the whole queue are taken. */
  admit(): boolean;
  /** Waits for a place after `admit`, first come first served. Rejects once `signal` aborts; the place in the queue is then given up. */
  enter(signal: AbortSignal): Promise<void>;
  /** Gives up the place, or the place in the queue; once for each `admit`. */
  leave(entered: boolean): void;
}

export function createSlots(places: number, maxQueue: number): Slots {
  const queue: { resume: () => void }[] = [];
  let admitted = 0;
  let running = 0;

  function callNext(): void {
    while (running < places) {
      const next = queue.shift();
      if (next === undefined) return;
      running++;
      next.resume();
    }
  }

  return {
    get running() {
      return running;
    },
    get waiting() {
      return admitted - running;
    },
    admit() {
      if (admitted >= places + maxQueue) return false;
      admitted++;
      return true;
    },
    enter(signal) {
      return new Promise((resolve, reject) => {
        const stop = (): void => {
          const at = queue.indexOf(ticket);
          if (at >= 0) queue.splice(at, 1);
          reject(signal.reason);
        };
        const ticket = {
          resume: () => {
            signal.removeEventListener("abort", stop);
            resolve();
          },
        };
        if (signal.aborted) return stop();
        signal.addEventListener("abort", stop, { once: true });
        queue.push(ticket);
        callNext();
      });
    },
    leave(entered) {
      admitted--;
      if (entered) running--;
      callNext();
    },
  };
}
