/** How people write when a mapping ends → RFC 3339. Pure. */
import ms from 'ms';
import { timeText } from '../../core/values/time.ts';

const NEVER = 'never';
const DURATION = /^\d+(\.\d+)?\s*[a-z]+$/i;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
const SECOND_MS = 1000;

export const EXPIRY_FORMS = 'a duration (30m, 8h, 7d), a time (2030-01-31, 2030-01-31T12:00:00Z) or never';

/**
 * Takes a duration from `now`, a time (without a zone: this machine's; a date alone: its first moment in UTC), or
 * `never`. Gives the time in UTC, null for never, undefined when it is none of these or not in the future.
 */
export function parseExpiry(text: string, now: Date): string | null | undefined {
  if (text === NEVER) return null;
  const end = DURATION.test(text) ? now.getTime() + duration(text) : moment(text);
  if (!(end > now.getTime()) || end > MAX_TIME) return undefined;
  // Up to the whole second: a mapping never ends before what was said.
  return timeText(new Date(Math.ceil(end / SECOND_MS) * SECOND_MS));
}

/** The end of year 9999: RFC 3339 has four digits for a year. */
const MAX_TIME = Date.parse('9999-12-31T23:59:59Z');

function duration(text: string): number {
  // For a unit that it does not know ms gives undefined, whatever its type says.
  const length: number | undefined = ms(text as ms.StringValue);
  return length ?? Number.NaN;
}

function moment(text: string): number {
  const [, date = ''] = TIME.exec(text) ?? [];
  const day = Date.parse(date);
  // Date.parse takes the 30th of February for a day in March.
  const isADay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(date);
  return isADay ? Date.parse(text) : Number.NaN;
}
