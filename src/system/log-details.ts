/** Facts of a log line, cut to what a line should hold: a request or a tenant may bring text of any length. Pure. */

type Details = Readonly<Record<string, unknown>>;

const MAX_TEXT = 256;
/** The output of a tool, or the stack of a bug, is what a line is read for. */
const MAX_REASON = 4096;
const REASONS = ['error', 'stack'];
const MAX_ITEMS = 20;
const MAX_DEPTH = 4;

/** Gives the facts with long texts and lists cut, which then say how long they were. */
export function cutDetails(details: Details): Details {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      cut(value, REASONS.includes(name) ? MAX_REASON : MAX_TEXT, 0),
    ]),
  );
}

function cut(value: unknown, mostText: number, depth: number): unknown {
  if (typeof value === 'string')
    return value.length > mostText ? `${value.slice(0, mostText)}… (${value.length} characters)` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) {
    const shown = value.slice(0, MAX_ITEMS).map((item) => cut(item, mostText, depth + 1));
    return value.length > MAX_ITEMS ? [...shown, `… (${value.length} items)`] : shown;
  }
  if (value.constructor !== Object) return value;
  const fields = Object.entries(value).slice(0, MAX_ITEMS * 2);
  return Object.fromEntries(fields.map(([name, each]) => [name, cut(each, mostText, depth + 1)]));
}
