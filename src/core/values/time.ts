/** Times as they are stored and sent: RFC 3339 in UTC. */
import * as z from 'zod';

export const Time = z.iso.datetime('a UTC time such as 2030-01-31T12:00:00Z');

/** True from the second of `expires_at` on; null never expires. */
export function isExpired({ expires_at }: { readonly expires_at: string | null }, now: Date): boolean {
  return expires_at !== null && Date.parse(expires_at) <= now.getTime();
}

/** Gives a time as RFC 3339 in UTC, to the second. */
export function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
