/** Pages: all of them together are the list, whatever filters and order it has, and each costs what it has. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MappingView } from '../../../src/pat/mapping/view.ts';
import { pageOf } from '../../../src/server/pat/paging.ts';
import { ListQuery } from '../../../src/server/pat/schemas.ts';
import { errorOf } from '../../support/fake-node.ts';
import { idOf, MAPPING } from '../../support/samples.ts';

const URL_OF_LIST = new URL('http://node/v1/mappings');

function viewOf(number: number, changes: Partial<MappingView> = {}): MappingView {
  return { ...MAPPING, id: idOf(number), router_port: 4000 + number, counters: null, ...changes };
}

/** Pages of an array, which counts the mappings that are looked at. */
function pagesOf(all: readonly MappingView[]) {
  const looked = { count: 0 };
  const from = function* (start: number): Generator<MappingView> {
    for (const mapping of all.slice(start)) {
      looked.count++;
      yield mapping;
    }
  };
  const get = (id: string): MappingView | undefined => all.find((mapping) => mapping.id === id);
  const after = (mapping: MappingView): Iterable<MappingView> => from(all.indexOf(mapping) + 1);
  return { failures: [], get, after, [Symbol.iterator]: () => from(0), looked };
}

const VIEW = fc.record({
  protocol: fc.constantFrom('tcp' as const, 'udp' as const),
  name: fc.constantFrom('', 'a', 'b'),
  server_port: fc.constantFrom(22, 80),
  enabled: fc.boolean(),
});
const QUERY = fc.record(
  {
    protocol: fc.constantFrom('tcp', 'udp'),
    enabled: fc.constantFrom('true', 'false'),
    sort_key: fc.subarray(['name', 'server_port', 'router_port'], { minLength: 1 }),
    sort_dir: fc.array(fc.constantFrom('asc', 'desc'), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);

test('the pages are together what one page of all has', () => {
  const property = fc.property(
    fc.array(VIEW, { maxLength: 30 }),
    QUERY,
    fc.integer({ min: 1, max: 8 }),
    (views, query, limit) => {
      const all = views.map((view, number) => viewOf(number, view));
      const pages = pagesOf(all);
      const whole = pageOf(pages, ListQuery.parse(query), URL_OF_LIST);
      const found: unknown[] = [];
      let marker: string | undefined;
      for (let page = 0; page <= all.length; page++) {
        const asked = ListQuery.parse({ ...query, limit: String(limit), ...(marker !== undefined && { marker }) });
        const { mappings, next } = pageOf(pages, asked, URL_OF_LIST);
        expect(mappings.length).toBeLessThanOrEqual(limit);
        found.push(...mappings);
        marker = next === undefined ? undefined : (new URL(next).searchParams.get('marker') ?? '');
        if (marker === undefined) break;
      }
      expect(found).toEqual(whole.mappings);
      expect(whole.next).toBeUndefined();
      const model = all.filter(
        ({ protocol, enabled }) =>
          (query.protocol ?? protocol) === protocol && (query.enabled ?? String(enabled)) === String(enabled),
      );
      expect(new Set(whole.mappings)).toEqual(new Set(model));
      if (query.sort_key === undefined) expect(whole.mappings).toEqual(model);
    },
  );
  fc.assert(property, { numRuns: 200 });
});

test('a page in the natural order looks at the mappings that it has, and at one more', () => {
  const all = Array.from({ length: 1000 }, (_, number) => viewOf(number));
  const pages = pagesOf(all);

  const { mappings, next } = pageOf(pages, ListQuery.parse({ limit: '100', marker: idOf(499) }), URL_OF_LIST);

  expect(mappings).toEqual(all.slice(500, 600));
  expect(next).toBe(`http://node/v1/mappings?marker=${idOf(599)}`);
  expect(pages.looked.count).toBe(101);
});

test.each([{ marker: idOf(9) }, { marker: idOf(1), protocol: 'udp' }, { marker: idOf(9), sort_key: 'name' }])(
  'the marker of %j is not in the list',
  async (query) => {
    const pages = pagesOf([viewOf(1), viewOf(2, { protocol: 'udp' })]);

    expect((await errorOf(() => pageOf(pages, ListQuery.parse(query), URL_OF_LIST))).facts).toMatchObject({
      field: 'marker',
    });
  },
);
