import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cidrContains } from '../../../src/core/values/ipv4.ts';
import { type Endpoint, endpointKey, type Forward } from '../../../src/pat/mapping/forward.ts';
import type { Flow } from '../../../src/pat/plan/connection.ts';
import { staleFlows } from '../../../src/pat/plan/stale-flows.ts';
import { FORWARD } from '../../support/samples.ts';

/** A small world, so that connections, endpoints and forwards meet: 12 endpoints, 4 servers, 4 callers. */
const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  protocol: fc.constantFrom('tcp', 'udp'),
  gateway_ip: fc.constantFrom('203.0.113.10', '203.0.113.11'),
  router_port: fc.constantFrom(4000, 4001, 4002),
});
const server = fc.record({
  server_ip: fc.constantFrom('10.20.0.51', '10.20.0.52'),
  server_port: fc.constantFrom(22, 80),
});
const allowed_cidrs = fc.constantFrom([], ['198.51.100.0/25'], ['192.0.2.7/32'], ['192.0.2.7/32', '198.51.100.0/24']);
const forward: fc.Arbitrary<Forward> = fc
  .tuple(
    endpoint,
    server,
    fc.record({ mapping_id: fc.uuid(), allowed_cidrs, masquerade: fc.boolean(), scopeMark: fc.constant(undefined) }),
  )
  .map(([where, to, rest]) => ({ ...where, ...to, ...rest }));
const forwards = fc.uniqueArray(forward, { maxLength: 8, selector: endpointKey });
const flow: fc.Arbitrary<Flow> = fc
  .record({
    from: fc.constantFrom('198.51.100.7', '198.51.100.200', '192.0.2.7', '10.20.0.60'),
    to: endpoint,
    led: fc.option(server),
    source_port: fc.nat(65535),
  })
  .map(({ from, to, led, source_port }) => ({
    protocol: to.protocol,
    source_ip: from,
    source_port,
    destination_ip: to.gateway_ip,
    destination_port: to.router_port,
    replying_ip: led?.server_ip ?? to.gateway_ip,
    replying_port: led?.server_port ?? to.router_port,
  }));
const situation = fc.record({
  flows: fc.array(flow, { maxLength: 12 }),
  changed: fc.array(endpoint, { maxLength: 8 }),
  current: forwards,
});

const destinationOf = (item: Flow): string => `${item.destination_ip}:${item.destination_port}/${item.protocol}`;

/** Where the kernel would lead the caller of this connection if it called now. */
function wouldAnswer(item: Flow, current: readonly Forward[]): string {
  const leading = current.find(
    (candidate) =>
      endpointKey(candidate) === destinationOf(item) &&
      (candidate.allowed_cidrs.length === 0 ||
        candidate.allowed_cidrs.some((cidr) => cidrContains(cidr, item.source_ip))),
  );
  return leading ? `${leading.server_ip}:${leading.server_port}` : `${item.destination_ip}:${item.destination_port}`;
}

const answers = (item: Flow): string => `${item.replying_ip}:${item.replying_port}`;
const isPublished = (item: Flow, current: readonly Forward[]): boolean =>
  current.some((candidate) => endpointKey(candidate) === destinationOf(item));

test('a connection to an endpoint that did not change never ends', () => {
  fc.assert(
    fc.property(situation, ({ flows, changed, current }) => {
      const keys = changed.map(endpointKey);

      for (const stale of staleFlows(flows, changed, current)) expect(keys).toContain(destinationOf(stale));
    }),
  );
});

test('a connection that leads to the server where it would lead now never ends', () => {
  fc.assert(
    fc.property(situation, ({ flows, changed, current }) => {
      const stale = staleFlows(flows, changed, current);

      const through = (item: Flow): boolean => answers(item) !== destinationOf(item).split('/')[0];
      expect(stale.filter((item) => through(item) && answers(item) === wouldAnswer(item, current))).toEqual([]);
    }),
  );
});

test('every connection to a changed endpoint that would not lead where it leads ends', () => {
  fc.assert(
    fc.property(situation, ({ flows, changed, current }) => {
      const stale = new Set(staleFlows(flows, changed, current));

      const keys = changed.map(endpointKey);
      const left = flows.filter((item) => keys.includes(destinationOf(item)) && !stale.has(item));
      for (const item of left) expect(answers(item)).toBe(wouldAnswer(item, current));
    }),
  );
});

test('on a changed endpoint where nothing is published only what the router itself answers goes on', () => {
  fc.assert(
    fc.property(situation, ({ flows, changed, current }) => {
      const stale = new Set(staleFlows(flows, changed, current));

      const keys = changed.map(endpointKey);
      const there = flows.filter((item) => keys.includes(destinationOf(item)) && !isPublished(item, current));
      for (const item of there) expect(stale.has(item)).toBe(answers(item) !== wouldAnswer(item, current));
    }),
  );
});

describe('by example', () => {
  const led: Flow = {
    protocol: 'tcp',
    source_ip: '198.51.100.7',
    source_port: 4e4,
    destination_ip: FORWARD.gateway_ip,
    destination_port: FORWARD.router_port,
    replying_ip: FORWARD.server_ip,
    replying_port: FORWARD.server_port,
  };
  const early: Flow = { ...led, replying_ip: led.destination_ip, replying_port: led.destination_port };

  test.each<{ what: string; flow: Flow; current: Forward[]; ends: boolean }>([
    { what: 'carried by the mapping', flow: led, current: [FORWARD], ends: false },
    { what: 'of a deleted mapping', flow: led, current: [], ends: true },
    { what: 'to the server of before', flow: led, current: [{ ...FORWARD, server_ip: '10.20.0.52' }], ends: true },
    { what: 'to the server port of before', flow: led, current: [{ ...FORWARD, server_port: 2222 }], ends: true },
    { what: 'no longer allowed', flow: led, current: [{ ...FORWARD, allowed_cidrs: ['192.0.2.7/32'] }], ends: true },
    { what: 'still allowed', flow: led, current: [{ ...FORWARD, allowed_cidrs: ['198.51.100.0/24'] }], ends: false },
    { what: 'made before the port was published', flow: early, current: [FORWARD], ends: true },
    { what: 'with the router itself', flow: early, current: [], ends: false },
    { what: 'published for UDP only', flow: led, current: [{ ...FORWARD, protocol: 'udp' }], ends: true },
  ])('a connection $what: ends $ends', ({ flow: item, current, ends }) => {
    expect(staleFlows([item], [FORWARD], current)).toEqual(ends ? [item] : []);
  });
});
