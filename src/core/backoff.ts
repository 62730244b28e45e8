/** The time to wait before the next attempt, which doubles with each failure. Pure. */

export interface BackoffOptions {
  /** The wait before the second attempt. */
  readonly firstMs: number;
  /** The longest wait, before jitter; left out: no limit. */
  readonly maxMs?: number;
  /** Gives a number from 0 to 1 for jitter between 0.5 and 1.5 of the wait; left out: no jitter. */
  readonly random?: () => number;
}

/** Takes the number of failed attempts (1 or more), gives milliseconds. */
export function backoff(
  failures: number,
  { firstMs, maxMs = Number.POSITIVE_INFINITY, random }: BackoffOptions,
): number {
  const waitMs = Math.min(maxMs, firstMs * 2 ** (failures - 1));
  return random === undefined ? waitMs : waitMs * (0.5 + random());
}
