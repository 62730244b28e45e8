/** When something expires, as people write it → RFC 3339. Pure. */
import ms from 'ms';
import { timeText } from '../../core/values/time.ts';

const NEVER = 'never';
const PART = /(\d+(?:\.\d+)?) *([a-z]+)/gi;
const DURATION = /^\d+(?:\.\d+)? *[a-z]+(?: *\d+(?:\.\d+)? *[a-z]+)*$/i;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
const SECOND_MS = 1000;

export const EXPIRY_FORMS =
  'a duration (30m, 8h, 1d12h; units s, m, h, d, w, y), a time (2030-01-31, 2030-01-31T12:00:00Z) or never';

/**
 * Takes a duration from `now`, of one part or several, a time (without a zone: this machine's; a date alone: its first moment in UTC), or
 * `never`. Gives the time in UTC, null for never, undefined when it is none of these or not in the future.
 */
export function parseExpiry(text: string, now: Date): string | null | undefined {
  if (text === NEVER) return null;
  const end = endOf(text, now);
  if (!(end > now.getTime()) || end > MAX_TIME) return undefined;
  // Rounded up to the second: nothing expires before the time that was asked for.
  return timeText(new Date(Math.ceil(end / SECOND_MS) * SECOND_MS));
}

/** True for a time that has passed at `now`. */
export function isPast(text: string, now: Date): boolean {
  return endOf(text, now) <= now.getTime();
}

/** In milliseconds since 1970; NaN for anything that is no duration and no time. */
function endOf(text: string, now: Date): number {
  return DURATION.test(text) ? now.getTime() + duration(text) : moment(text);
}

/** The end of year 9999: RFC 3339 has four digits for a year. */
const MAX_TIME = Date.parse('9999-12-31T23:59:59Z');

function duration(text: string): number {
  const lengths = [...text.matchAll(PART)].map(([, count, unit]): number | undefined =>
    // For an unknown unit ms gives undefined, against its type.
    ms(`${Number(count)}${unit as ms.Unit}`),
  );
  return lengths.reduce<number>((sum, length) => sum + (length ?? Number.NaN), 0);
}

function moment(text: string): number {
  const [, date = ''] = TIME.exec(text) ?? [];
  const day = Date.parse(date);
  // Date.parse takes the 30th of February for a day in March.
  const isADay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(date);
  return isADay ? Date.parse(text) : Number.NaN;
}
