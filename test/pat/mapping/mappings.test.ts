/** What the orders of mappings answer is what a walk over a plain Map would find. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { Mappings } from '../../../src/pat/mapping/mappings.ts';
import { idOf, MAPPING } from '../../support/samples.ts';

const FEW = fc.nat(40);
const MAPPINGS: fc.Arbitrary<Mapping> = fc
  .record({
    id: FEW.map(idOf),
    gateway_ip: fc.constantFrom('203.0.113.9', '203.0.113.10'),
    router_port: fc.integer({ min: 4000, max: 4006 }),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    server_ip: fc.constantFrom('10.20.0.5', '10.20.0.51'),
    server_port: fc.constantFrom(22, 80),
  })
  .map((fields) => ({ ...MAPPING, ...fields }));
const CHANGE = fc.record({
  remove: fc.array(FEW.map(idOf), { maxLength: 4 }),
  put: fc.array(MAPPINGS, { maxLength: 6 }),
});

const inOrder = (mappings: Iterable<Mapping>): string[] =>
  [...mappings]
    .map(({ gateway_ip, router_port, protocol, id }) => [gateway_ip, router_port, protocol, id].join(' '))
    .toSorted((a, b) => (a < b ? -1 : 1));
const asText = ({ gateway_ip, router_port, protocol, id }: Mapping): string =>
  [gateway_ip, router_port, protocol, id].join(' ');

test('after random changes every question has the answer of a plain Map', () => {
  const property = fc.property(fc.array(CHANGE, { maxLength: 15 }), (changes) => {
    let mappings = Mappings.NONE;
    const model = new Map<string, Mapping>();
    for (const { remove, put } of changes) {
      const before = mappings;
      const beforeTexts = [...before].map(([, mapping]) => mapping);
      mappings = mappings.changed({ remove, put });
      for (const id of remove) model.delete(id);
      for (const mapping of put) model.set(mapping.id, mapping);
      expect([...before].map(([, mapping]) => mapping)).toEqual(beforeTexts);
      const { removed, added } = mappings.since(before);
      expect(new Set(removed)).toEqual(new Set(beforeTexts.filter((each) => model.get(each.id) !== each)));
      expect(new Set(added)).toEqual(new Set([...model.values()].filter((each) => before.get(each.id) !== each)));
    }
    const all = [...model.values()];
    expect(mappings.size).toBe(model.size);
    expect([...mappings.keys()]).toEqual([...model.keys()].toSorted());
    expect([...mappings.values()].map(asText)).toEqual(inOrder(all));
    for (const [index, each] of [...mappings.values()].entries())
      expect([...mappings.after(each)]).toEqual([...mappings.values()].slice(index + 1));
    for (let number = 0; number <= 40; number++) {
      expect(mappings.get(idOf(number))).toBe(model.get(idOf(number)));
      expect(mappings.has(idOf(number))).toBe(model.has(idOf(number)));
    }
    for (const prefix of ['', '0', '0000001', idOf(1).slice(0, 9), idOf(12), 'f'])
      expect([...mappings.startingWith(prefix)].map(({ id }) => id)).toEqual(
        [...model.keys()].filter((id) => id.startsWith(prefix)).toSorted(),
      );
    for (let port = 3999; port <= 4007; port++) {
      const atPort = all.filter(({ router_port }) => router_port === port);
      expect(inOrder(mappings.atPort(port))).toEqual(inOrder(atPort));
      expect(mappings.usesPort(port)).toBe(atPort.length > 0);
      for (const gateway_ip of ['203.0.113.9', '203.0.113.10', '203.0.113.11'])
        for (const protocol of ['tcp', 'udp'] as const)
          expect(inOrder(mappings.at({ gateway_ip, protocol, router_port: port }))).toEqual(
            inOrder(atPort.filter((each) => each.gateway_ip === gateway_ip && each.protocol === protocol)),
          );
    }
    for (const server of [
      { server_ip: '10.20.0.5', server_port: 22 },
      { server_ip: '10.20.0.51', server_port: 80 },
    ])
      expect(inOrder(mappings.to(server))).toEqual(
        inOrder(all.filter((each) => each.server_ip === server.server_ip && each.server_port === server.server_port)),
      );
  });
  fc.assert(property, { numRuns: 150 });
});
