const LOOPBACK = /^https?:\/\/(127\.\d+\.\d+\.\d+|0\.0\.0\.0|localhost|\[::1\])(:|\/|$)/i;

/** Whether an address names another server on every machine. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.test(url);
}
