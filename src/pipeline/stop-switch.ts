/** How a run is asked to end: once to drain (start nothing more, let what is in flight finish), twice to stop at once. */
export class StopSwitch {
  private readonly controller = new AbortController();
  private readonly listeners = new Set<() => void>();
  private drainReason: string | null = null;

  /** Why the run is draining, null while it is not. */
  get draining(): string | null {
    return this.drainReason;
  }

  /** Aborted at the second request. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** First call drains, the second aborts what is in flight. */
  press(reason: string): void {
    if (this.drainReason === null) this.drain(reason);
    else this.abort(reason);
  }

  /** Starts nothing more and cuts what is in flight. */
  abort(reason: string): void {
    this.drain(reason);
    this.controller.abort();
  }

  drain(reason: string): void {
    this.drainReason ??= reason;
    for (const listener of this.listeners) listener();
  }

  /** What `answer` gives, or null once everything is to stop at once. */
  unlessAborted<T>(answer: Promise<T>): Promise<T | null> {
    const { signal } = this;
    if (signal.aborted) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const giveUp = () => resolve(null);
      signal.addEventListener("abort", giveUp, { once: true });
      void answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
    });
  }

  /** Calls `listener` when the run is to drain, at once where it already is. Gives the way to forget it. */
  onDrain(listener: () => void): () => void {
    this.listeners.add(listener);
    if (this.drainReason !== null) listener();
    return () => this.listeners.delete(listener);
  }
}
