import { describe, expect, test } from '@jest/globals';
import type { Masquerade } from '../../../src/pat/mapping/mapping.ts';
import { masqueradeApplies, routerIdOf, whyNotBehind } from '../../../src/pat/router/facts.ts';
import { type PortInUse, portInUseAt } from '../../../src/pat/router/port-in-use.ts';
import { FACTS, FORWARD, GATEWAY, ROUTER } from '../../support/samples.ts';

test.each([
  [`qrouter-${ROUTER}`, ROUTER],
  [`snat-${ROUTER}`, ROUTER],
  [ROUTER, ROUTER],
  ['edge', 'edge'],
  [`qdhcp-${ROUTER}`, `qdhcp-${ROUTER}`],
  [`qrouter-${ROUTER}x`, `qrouter-${ROUTER}x`],
  ['qrouter-1', 'qrouter-1'],
  [`qrouter-${ROUTER.toUpperCase()}`, `qrouter-${ROUTER.toUpperCase()}`],
])('%s is the router %s', (reference, id) => {
  expect(routerIdOf(reference)).toBe(id);
});

describe('whyNotBehind', () => {
  test.each(['10.20.0.51', '10.20.0.254', '10.30.0.1', '10.30.255.254'])(
    '%s can be the address of a server',
    (address) => {
      expect(whyNotBehind(FACTS, address)).toBeUndefined();
    },
  );

  test.each([
    [GATEWAY, { cause: 'ROUTER_ADDRESS', router: ROUTER }],
    ['10.20.0.1', { cause: 'ROUTER_ADDRESS', router: ROUTER }],
    ['10.20.0.0', { cause: 'NETWORK_ADDRESS', network: '10.20.0.0/24' }],
    ['10.20.0.255', { cause: 'NETWORK_ADDRESS', network: '10.20.0.0/24' }],
    ['10.20.1.51', { cause: 'NOT_CONNECTED', router: ROUTER, networks: ['10.20.0.0/24', '10.30.0.0/16'] }],
    ['203.0.113.99', { cause: 'NOT_CONNECTED', router: ROUTER, networks: ['10.20.0.0/24', '10.30.0.0/16'] }],
  ])('%s cannot be one', (server_ip, facts) => {
    expect(whyNotBehind(FACTS, server_ip)).toEqual({ server_ip, ...facts });
  });

  test('a router without networks behind it has no servers', () => {
    expect(whyNotBehind({ ...FACTS, inside: [] }, '10.20.0.51')).toMatchObject({
      cause: 'NOT_CONNECTED',
      networks: [],
    });
  });
});

describe('masqueradeApplies', () => {
  test.each<{ masquerade: Masquerade; server_ip: string; where: string; expected: boolean }>([
    { masquerade: 'auto', server_ip: '10.20.0.51', where: 'on a Neutron network', expected: false },
    { masquerade: 'auto', server_ip: '10.30.0.1', where: 'behind a route', expected: true },
    { masquerade: 'auto', server_ip: '192.0.2.1', where: 'elsewhere', expected: true },
    { masquerade: 'always', server_ip: '10.20.0.51', where: 'on a Neutron network', expected: true },
    { masquerade: 'always', server_ip: '10.30.0.1', where: 'behind a route', expected: true },
    { masquerade: 'never', server_ip: '10.20.0.51', where: 'on a Neutron network', expected: false },
    { masquerade: 'never', server_ip: '10.30.0.1', where: 'behind a route', expected: false },
    { masquerade: 'never', server_ip: '192.0.2.1', where: 'elsewhere', expected: false },
  ])('$masquerade for a server $where: $expected', ({ masquerade, server_ip, expected }) => {
    expect(masqueradeApplies(FACTS, { masquerade, server_ip })).toBe(expected);
  });

  test('auto is off for a standby HA instance, which has no networks yet, so that a failover changes no rules', () => {
    const standby = { ...FACTS, gateways: [], addresses: [], inside: [], isStandby: true };

    expect(masqueradeApplies(standby, { masquerade: 'auto', server_ip: '10.20.0.51' })).toBe(false);
    expect(masqueradeApplies(standby, { masquerade: 'always', server_ip: '10.20.0.51' })).toBe(true);
  });

  test('auto is on for every server behind a router without Neutron networks', () => {
    const inside = FACTS.inside.map((network) => ({ ...network, isNeutron: false }));

    expect(masqueradeApplies({ ...FACTS, inside }, { masquerade: 'auto', server_ip: '10.20.0.51' })).toBe(true);
  });
});

describe('portInUseAt', () => {
  const inUse: PortInUse = {
    protocol: 'tcp',
    cidr: '203.0.113.8/29',
    first: 4e3,
    last: 4002,
    kind: 'rule',
    text: '-A custom-PREROUTING …',
  };

  test.each([
    [{}, true],
    [{ router_port: 4002 }, true],
    [{ router_port: 3999 }, false],
    [{ router_port: 4003 }, false],
    [{ protocol: 'udp' as const }, false],
    [{ gateway_ip: '203.0.113.15' }, true],
    [{ gateway_ip: '203.0.113.16' }, false],
  ])('an endpoint with %j is in use: %s', (difference, isInUse) => {
    expect(portInUseAt([inUse], { ...FORWARD, ...difference })).toBe(isInUse ? inUse : undefined);
  });
});
