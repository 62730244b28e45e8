import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { Mappings } from '../../../src/pat/mapping/mappings.ts';
import {
  type Delta,
  emptyRecord,
  isEmptyDelta,
  type RouterRecord,
  withDelta,
} from '../../../src/pat/mapping/record.ts';
import { idOf, MAPPING, ROUTER, recordWith } from '../../support/samples.ts';

const id = fc.integer({ min: 1, max: 6 }).map(idOf);
const mapping: fc.Arbitrary<Mapping> = fc
  .record({ id, router_port: fc.integer({ min: 1, max: 65535 }) })
  .map((fields) => ({ ...MAPPING, ...fields }));
const endpoints = fc.array(
  mapping.map(({ protocol, gateway_ip, router_port }) => ({ protocol, gateway_ip, router_port })),
  { maxLength: 3 },
);
const delta: fc.Arbitrary<Delta> = fc.record(
  {
    put: fc.uniqueArray(mapping, { maxLength: 4, selector: (item) => item.id }),
    remove: fc.array(id, { maxLength: 4 }),
    next_port: fc.nat(65535),
    pending: endpoints,
  },
  { requiredKeys: [] },
);
const record: fc.Arbitrary<RouterRecord> = fc
  .tuple(fc.array(mapping, { maxLength: 6 }), fc.nat(65535), endpoints)
  .map(([mappings, next_port, pending]) => recordWith(mappings, { next_port, pending }));

const asText = ({ mappings, ...rest }: RouterRecord): string => JSON.stringify({ ...rest, mappings: [...mappings] });

describe('withDelta', () => {
  test('has what was put, lacks what was only removed, and keeps the rest', () => {
    fc.assert(
      fc.property(record, delta, (before, change) => {
        const after = withDelta(before, change);

        const put = new Map((change.put ?? []).map((item) => [item.id, item]));
        const removed = new Set(change.remove);
        for (const number of [1, 2, 3, 4, 5, 6]) {
          const old = removed.has(idOf(number)) ? undefined : before.mappings.get(idOf(number));
          expect(after.mappings.get(idOf(number))).toBe(put.get(idOf(number)) ?? old);
        }
        expect(after.next_port).toBe(change.next_port ?? before.next_port);
        expect(after.pending).toEqual(change.pending ?? before.pending);
        expect(after.router_id).toBe(ROUTER);
      }),
    );
  });

  test('does not change the given record', () => {
    fc.assert(
      fc.property(record, delta, (before, change) => {
        const text = asText(before);

        withDelta(before, change);

        expect(asText(before)).toBe(text);
      }),
    );
  });

  test('changes nothing for an empty delta', () => {
    const before = recordWith([MAPPING], { next_port: 4001, pending: [MAPPING] });

    expect(asText(withDelta(before, {}))).toBe(asText(before));
    expect(asText(withDelta(before, { put: [], remove: [] }))).toBe(asText(before));
  });
});

test.each<[Delta, boolean]>([
  [{}, true],
  [{ put: [], remove: [] }, true],
  [{ put: [MAPPING] }, false],
  [{ remove: [MAPPING.id] }, false],
  [{ next_port: 0 }, false],
  [{ pending: [] }, false],
  [{ gateways: [] }, false],
  [{ adopting: [] }, false],
])('the delta %j is empty: %s', (change, isEmpty) => {
  expect(isEmptyDelta(change)).toBe(isEmpty);
});

test('an empty record has no mappings, and its search for ports starts at 0', () => {
  expect(emptyRecord('edge')).toEqual({
    router_id: 'edge',
    mappings: Mappings.NONE,
    next_port: 0,
    pending: [],
    gateways: [],
    adopting: [],
  });
});
