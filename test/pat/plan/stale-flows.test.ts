import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cidrContains } from '../../../src/core/values/ipv4.ts';
import { endpointKey, type Forward, type PublicEndpoint } from '../../../src/pat/mapping/forward.ts';
import type { Flow } from '../../../src/pat/plan/connection.ts';
import { staleFlows } from '../../../src/pat/plan/stale-flows.ts';
import { FORWARD } from '../../support/samples.ts';

/** Few values, so that connections, endpoints and forwards meet: 12 endpoints, 4 servers, 4 clients. */
const endpoint: fc.Arbitrary<PublicEndpoint> = fc.record({
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
  .map(([publicEndpoint, target, rest]) => ({ ...publicEndpoint, ...target, ...rest }));
const forwards = fc.uniqueArray(forward, { maxLength: 8, selector: endpointKey });
const flow: fc.Arbitrary<Flow> = fc
  .record({
    from: fc.constantFrom('198.51.100.7', '198.51.100.200', '192.0.2.7', '10.20.0.60'),
    to: endpoint,
    target: fc.option(server),
    sourcePort: fc.nat(65535),
  })
  .map(({ from, to, target, sourcePort }) => ({
    protocol: to.protocol,
    sourceIp: from,
    sourcePort,
    destinationIp: to.gateway_ip,
    destinationPort: to.router_port,
    replyIp: target?.server_ip ?? to.gateway_ip,
    replyPort: target?.server_port ?? to.router_port,
  }));
const situation = fc.record({
  flows: fc.array(flow, { maxLength: 12 }),
  changed: fc.array(endpoint, { maxLength: 8 }),
  current: forwards,
});

const destinationOf = (item: Flow): string => `${item.destinationIp}:${item.destinationPort}/${item.protocol}`;

/** Gives the target of a new connection of this client. */
function currentTarget(item: Flow, current: readonly Forward[]): string {
  const forwardOfFlow = current.find(
    (candidate) =>
      endpointKey(candidate) === destinationOf(item) &&
      (candidate.allowed_cidrs.length === 0 ||
        candidate.allowed_cidrs.some((cidr) => cidrContains(cidr, item.sourceIp))),
  );
  return forwardOfFlow
    ? `${forwardOfFlow.server_ip}:${forwardOfFlow.server_port}`
    : `${item.destinationIp}:${item.destinationPort}`;
}

const targetOf = (item: Flow): string => `${item.replyIp}:${item.replyPort}`;
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

test('a connection whose target is that of a new one never ends', () => {
  fc.assert(
    fc.property(situation, ({ flows, changed, current }) => {
      const stale = staleFlows(flows, changed, current);

      const isTranslated = (item: Flow): boolean => targetOf(item) !== destinationOf(item).split('/')[0];
      expect(stale.filter((item) => isTranslated(item) && targetOf(item) === currentTarget(item, current))).toEqual([]);
    }),
  );
});

test('every connection to a changed endpoint whose target differs from that of a new one ends', () => {
  fc.assert(
    fc.property(situation, ({ flows, changed, current }) => {
      const stale = new Set(staleFlows(flows, changed, current));

      const keys = changed.map(endpointKey);
      const kept = flows.filter((item) => keys.includes(destinationOf(item)) && !stale.has(item));
      for (const item of kept) expect(targetOf(item)).toBe(currentTarget(item, current));
    }),
  );
});

test('on a changed endpoint without a forward only connections to the router itself stay', () => {
  fc.assert(
    fc.property(situation, ({ flows, changed, current }) => {
      const stale = new Set(staleFlows(flows, changed, current));

      const keys = changed.map(endpointKey);
      const unpublished = flows.filter((item) => keys.includes(destinationOf(item)) && !isPublished(item, current));
      for (const item of unpublished) expect(stale.has(item)).toBe(targetOf(item) !== currentTarget(item, current));
    }),
  );
});

describe('by example', () => {
  const translated: Flow = {
    protocol: 'tcp',
    sourceIp: '198.51.100.7',
    sourcePort: 4e4,
    destinationIp: FORWARD.gateway_ip,
    destinationPort: FORWARD.router_port,
    replyIp: FORWARD.server_ip,
    replyPort: FORWARD.server_port,
  };
  const early: Flow = { ...translated, replyIp: translated.destinationIp, replyPort: translated.destinationPort };

  test.each<{ what: string; flow: Flow; current: Forward[]; ends: boolean }>([
    { what: 'of the mapping', flow: translated, current: [FORWARD], ends: false },
    { what: 'of a deleted mapping', flow: translated, current: [], ends: true },
    {
      what: 'to the previous server',
      flow: translated,
      current: [{ ...FORWARD, server_ip: '10.20.0.52' }],
      ends: true,
    },
    { what: 'to the previous server port', flow: translated, current: [{ ...FORWARD, server_port: 2222 }], ends: true },
    {
      what: 'from a source that is not allowed any more',
      flow: translated,
      current: [{ ...FORWARD, allowed_cidrs: ['192.0.2.7/32'] }],
      ends: true,
    },
    {
      what: 'from a source that is still allowed',
      flow: translated,
      current: [{ ...FORWARD, allowed_cidrs: ['198.51.100.0/24'] }],
      ends: false,
    },
    { what: 'that began before the port was published', flow: early, current: [FORWARD], ends: true },
    { what: 'to the router itself', flow: early, current: [], ends: false },
    {
      what: 'to a port that is published for UDP only',
      flow: translated,
      current: [{ ...FORWARD, protocol: 'udp' }],
      ends: true,
    },
  ])('a connection $what: ends $ends', ({ flow: item, current, ends }) => {
    expect(staleFlows([item], [FORWARD], current)).toEqual(ends ? [item] : []);
  });
});
