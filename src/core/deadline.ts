/** Work that is not waited for longer than a time. */
import type { Timers } from './timers.ts';

/**
 * Gives what `work` gives, or throws what `late` gives once `limit_ms` milliseconds have passed. The work itself goes on then,
 * and what it comes to is not heard.
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
