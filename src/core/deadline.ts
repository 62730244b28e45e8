/** A limit on how long work is waited for. */
import type { Timers } from './timers.ts';

/**
 * Gives the result of `work`, or throws the error that `late` gives after `limitMs` milliseconds. The work itself continues then,
 * and its result is ignored.
 */
export async function withDeadline<T>(
  timers: Timers,
  limitMs: number,
  work: Promise<T>,
  late: () => Error,
): Promise<T> {
  const expired = Promise.withResolvers<never>();
  const cancel = timers.after(limitMs, () => expired.reject(late()));
  try {
    return await Promise.race([work, expired.promise]);
  } finally {
    cancel();
  }
}
