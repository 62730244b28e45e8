/** How long to wait before the next attempt: twice as long each time. Pure. */

export interface BackoffOptions {
  /** Before the second attempt. */
  readonly firstMs: number;
  /** At most; left out: no limit. */
  readonly maxMs?: number;
  /** Gives a number from 0 to 1, by which the time varies between a half and one and a half; left out: it does not vary. */
  readonly random?: () => number;
}

/** Takes how many attempts have failed (1 or more), gives milliseconds. */
export function backoff(
  failures: number,
  { firstMs, maxMs = Number.POSITIVE_INFINITY, random }: BackoffOptions,
): number {
  const waitMs = firstMs * 2 ** (failures - 1) * (random === undefined ? 1 : 0.5 + random());
  return Math.min(maxMs, waitMs);
}
