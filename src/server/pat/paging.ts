/** Filters, sorting, pagination and fields of a list, as in the OpenStack APIs. Pure. */
import { praasError } from '../../pat/errors.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
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
 * keys keep the natural order. Throws INVALID_INPUT for a marker that is not in the list.
 */
export function pageOf(mappings: readonly MappingView[], query: ListQuery, url: URL): Page {
  const matching = mappings.filter((mapping) => matches(mapping, query));
  const sorted = sortedBy(matching, listOf(query.sort_key), listOf(query.sort_dir));
  const start = query.marker === undefined ? 0 : afterMarker(sorted, query.marker);
  const end = query.limit === undefined ? sorted.length : start + query.limit;
  const page = sorted.slice(start, end);
  const last = page.at(-1);
  const fields = listOf(query.fields);
  return {
    mappings: fields.length === 0 ? page : page.map((mapping) => withFields(mapping, fields)),
    next: last && end < sorted.length ? nextUrl(url, last.id) : undefined,
  };
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
): readonly MappingView[] {
  if (keys.length === 0) return mappings;
  const order = keys.map((key, index) => [key as keyof MappingView, directions[index] === 'desc' ? -1 : 1] as const);
  return mappings.toSorted((a, b) => {
    for (const [key, sign] of order) {
      const [x, y] = [a[key] ?? '', b[key] ?? ''];
      if (x !== y) return x < y ? -sign : sign;
    }
    return 0;
  });
}

function afterMarker(mappings: readonly MappingView[], marker: string): number {
  const index = mappings.findIndex(({ id }) => id === marker);
  if (index >= 0) return index + 1;
  throw praasError('INVALID_INPUT', { field: 'marker', found: marker, allowed: 'the ID of a mapping of this list' });
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
