/** Filters, sorting, pagination and fields of a list, as in the OpenStack APIs. Pure. */
import { praasError } from '../../pat/errors.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import type { MappingPages } from '../../pat/services/api.ts';
import type { ListQuery } from './schemas.ts';

export interface Page {
  readonly mappings: readonly Partial<MappingView>[];
  /** URL of the next page; undefined on the last page. */
  readonly next: string | undefined;
}

const FILTERS = [
  'router_id',
  'project_id',
  'protocol',
  'router_port',
  'gateway_ip',
  'server_ip',
  'server_port',
  'name',
  'status',
] as const;

/**
 * Takes the mappings in their natural order, the query, and the URL of this page. Sorting is stable: mappings with equal
 * keys keep the natural order, and without keys no more mappings are looked at than the page needs. Throws INVALID_INPUT for a
 * marker that is not in the list.
 */
export function pageOf(mappings: MappingPages, query: ListQuery, url: URL): Page {
  const isMatching = (mapping: MappingView): boolean => matches(mapping, query);
  const keys = listOf(query.sort_key);
  const rest =
    keys.length === 0
      ? Iterator.from(inOrder(mappings, query)).filter(isMatching)
      : inOrderOf(Iterator.from(mappings).filter(isMatching).toArray(), query).values();
  const page = query.limit === undefined ? rest.toArray() : takeFrom(rest, query.limit);
  const last = page.at(-1);
  const fields = listOf(query.fields);
  return {
    mappings: fields.length === 0 ? page : page.map((mapping) => withFields(mapping, fields)),
    next: last && rest.next().done !== true ? nextUrl(url, last.id) : undefined,
  };
}

/** Unlike `take`, leaves the iterator open. */
function takeFrom<T>(iterator: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = iterator.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

/** The mappings from the marker on, in their natural order. */
function inOrder(mappings: MappingPages, query: ListQuery): Iterable<MappingView> {
  if (query.marker === undefined) return mappings;
  const marked = mappings.get(query.marker);
  if (marked === undefined || !matches(marked, query)) throw noMarker(query.marker);
  return mappings.after(marked);
}

/** The mappings from the marker on, sorted by the keys of the query. */
function inOrderOf(mappings: readonly MappingView[], query: ListQuery): MappingView[] {
  const sorted = sortedBy(mappings, listOf(query.sort_key), listOf(query.sort_dir));
  if (query.marker === undefined) return sorted;
  const index = sorted.findIndex(({ id }) => id === query.marker);
  if (index < 0) throw noMarker(query.marker);
  return sorted.slice(index + 1);
}

function matches(mapping: MappingView, query: ListQuery): boolean {
  const { enabled } = query;
  if (enabled !== undefined && String(mapping.enabled) !== enabled) return false;
  return FILTERS.every((name) => query[name] === undefined || query[name] === mapping[name]);
}

function sortedBy(
  mappings: readonly MappingView[],
  keys: readonly string[],
  directions: readonly string[],
): MappingView[] {
  const order = keys.map((key, index) => [key as keyof MappingView, directions[index] === 'desc' ? -1 : 1] as const);
  return mappings.toSorted((a, b) => {
    for (const [key, sign] of order) {
      const [x, y] = [a[key] ?? '', b[key] ?? ''];
      if (x !== y) return x < y ? -sign : sign;
    }
    return 0;
  });
}

function noMarker(found: string): Error {
  return praasError('INVALID_INPUT', { field: 'marker', found, allowed: 'the ID of a mapping of this list' });
}

function nextUrl(url: URL, marker: string): string {
  const next = new URL(url);
  next.searchParams.set('marker', marker);
  return next.href;
}

function withFields(mapping: MappingView, fields: readonly string[]): Partial<MappingView> {
  return Object.fromEntries(Object.entries(mapping).filter(([name]) => fields.includes(name)));
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
