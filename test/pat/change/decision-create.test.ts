import { describe, expect, test } from '@jest/globals';
import { decideCreate } from '../../../src/pat/change/decision.ts';
import { freePorts } from '../../../src/pat/change/port-choice.ts';
import type { Situation } from '../../../src/pat/change/situation.ts';
import type { Mapping, NewMapping } from '../../../src/pat/mapping/mapping.ts';
import type { PortInUse } from '../../../src/pat/router/port-in-use.ts';
import { errorOf, POLICY } from '../../support/fake-node.ts';
import { newMapping } from '../../support/requests.ts';
import { FACTS, FORWARD, GATEWAY, idOf, MAPPING, NOW, REQUEST, ROUTER, recordWith } from '../../support/samples.ts';

const ID = idOf(9);
const NO_FACTS = { ...FACTS, gateways: [], addresses: [], inside: [] };

const situation = (changes: Partial<Situation> = {}): Situation => ({
  record: recordWith([]),
  router: { facts: FACTS, portsInUse: [] },
  settings: POLICY,
  now: new Date('2030-01-01T00:00:00.789Z'),
  force: false,
  ...changes,
});
const withPortInUse = (portInUse: Partial<PortInUse>): Situation['router'] => ({
  facts: FACTS,
  portsInUse: [
    {
      protocol: 'tcp',
      cidr: '0.0.0.0/0',
      first: 4001,
      last: 4001,
      kind: 'rule',
      text: '-A x -j DNAT',
      ...portInUse,
    },
  ],
});
const mappingAt = (router_port: number, changes: Partial<Mapping> = {}): Mapping => ({
  ...MAPPING,
  id: idOf(router_port),
  router_port,
  ...changes,
});
const decide = (input: Partial<NewMapping> = {}, changes: Partial<Situation> = {}): ReturnType<typeof decideCreate> =>
  decideCreate(situation(changes), newMapping({ ...REQUEST, ...input }), ID);
const portFor = (input: Partial<NewMapping>, changes: Partial<Situation>): number =>
  decide(input, changes).mapping.router_port;
const refusal = async (input: Partial<NewMapping>, changes: Partial<Situation> = {}): Promise<[string, unknown]> => {
  const { code, facts } = await errorOf(() => decide(input, changes));
  return [code, facts];
};

test('a new mapping has the values of the request and defaults for the rest, and its endpoint is pending', () => {
  const { mapping, delta } = decide({ name: 'ssh', allowed_cidrs: ['198.51.100.0/24'] });

  expect(mapping).toEqual({
    ...MAPPING,
    id: ID,
    name: 'ssh',
    allowed_cidrs: ['198.51.100.0/24'],
    status: 'PENDING',
    created_at: NOW,
    updated_at: NOW,
  });
  const endpoint = { protocol: 'tcp', gateway_ip: GATEWAY, router_port: 4000 };
  expect(delta).toEqual({ put: [mapping], pending: [endpoint], next_port: 4001 });
});

test('endpoints that were pending stay pending', () => {
  const left = { protocol: 'udp', gateway_ip: GATEWAY, router_port: 53 } as const;

  const { delta } = decide({}, { record: recordWith([], { pending: [left] }) });

  expect(delta.pending?.[0]).toEqual(left);
  expect(delta.pending).toHaveLength(2);
});

test('masquerade is that of the request, or else of praas.conf', () => {
  const settings = { ...POLICY, masquerade: 'always' } as const;

  expect(decide({}, { settings }).mapping.masquerade).toBe('always');
  expect(decide({ masquerade: 'never' }, { settings }).mapping.masquerade).toBe('never');
});

describe('automatic ports', () => {
  test('follow the last one, and continue at the start of the range', () => {
    const at = (next_port: number): Partial<Situation> => ({ record: recordWith([], { next_port }) });

    expect(portFor({}, at(4002))).toBe(4002);
    expect(decide({}, at(4003)).delta.next_port).toBe(4000);
    expect(portFor({}, at(9999))).toBe(4000);
  });

  test('skip mappings, reserved ports, unmanaged rules and listening processes', () => {
    const settings = { ...POLICY, reserved_ports: [4001] };
    const router = withPortInUse({ first: 4002, last: 4002, kind: 'listener', text: '0.0.0.0:4002' });

    expect(portFor({}, { settings, router, record: recordWith([mappingAt(4000)]) })).toBe(4003);
    expect(portFor({}, { router: withPortInUse({ first: 4000, last: 4002 }) })).toBe(4003);
  });

  test('are taken only by mappings of the same protocol and gateway address', () => {
    const record = recordWith([
      mappingAt(4000, { protocol: 'udp' }),
      mappingAt(4001, { gateway_ip: '203.0.113.11', id: idOf(5) }),
    ]);

    expect(portFor({}, { record })).toBe(4000);
    expect(portFor({ protocol: 'udp' }, { record })).toBe(4001);
    expect(portFor({ gateway_ip: '203.0.113.11' }, { record: { ...record, next_port: 4001 } })).toBe(4002);
  });

  test('skip taken ports with force too', () => {
    const settings = { ...POLICY, reserved_ports: [4000] };
    const router = withPortInUse({ first: 4001, last: 4002, kind: 'listener' });

    expect(portFor({}, { settings, router, force: true })).toBe(4003);
  });

  test('continue unchanged after a requested port', () => {
    expect(decide({ router_port: 4002 }).delta).not.toHaveProperty('next_port');
  });

  test('of a full range give NO_FREE_PORT with the numbers', async () => {
    const record = recordWith([
      mappingAt(4000),
      mappingAt(4001),
      mappingAt(8080),
      mappingAt(4003, { protocol: 'udp' }),
    ]);
    const settings = { ...POLICY, reserved_ports: [500, 4002] };
    const router = withPortInUse({ first: 4003, last: 4003 });

    expect(await refusal({}, { record, settings, router })).toEqual([
      'NO_FREE_PORT',
      { first: 4000, last: 4003, protocol: 'tcp', gateway: GATEWAY, mappings: 2, others: 2 },
    ]);
    expect(portFor({ protocol: 'udp' }, { record, settings, router })).toBe(4000);
  });
});

describe('a requested port', () => {
  test('may be outside the range', () => {
    expect(portFor({ router_port: 8022 }, {})).toBe(8022);
  });

  test('is refused when a mapping has it, with force too', async () => {
    const record = recordWith([mappingAt(4001), mappingAt(4002, { name: 'web', server_port: 80 })]);

    expect(await refusal({ router_port: 4001 }, { record })).toEqual([
      'PORT_TAKEN',
      {
        endpoint: '203.0.113.10:4001/tcp',
        by: { kind: 'mapping', id: idOf(4001), name: '', project_id: null, server_ip: '10.20.0.51', server_port: 22 },
      },
    ]);
    expect(await refusal({ router_port: 4002 }, { record, force: true })).toEqual([
      'PORT_TAKEN',
      {
        endpoint: '203.0.113.10:4002/tcp',
        by: {
          kind: 'mapping',
          id: idOf(4002),
          name: 'web',
          project_id: null,
          server_ip: '10.20.0.51',
          server_port: 80,
        },
      },
    ]);
  });

  test('is free when a mapping of the other protocol or another gateway address has it', () => {
    const record = recordWith([mappingAt(4001), mappingAt(4002, { gateway_ip: '203.0.113.11' })]);

    expect(portFor({ router_port: 4001, protocol: 'udp' }, { record })).toBe(4001);
    expect(portFor({ router_port: 4002 }, { record })).toBe(4002);
  });

  test('is refused when a disabled or expired mapping has it', async () => {
    const record = recordWith([mappingAt(4001, { enabled: false }), mappingAt(4002, { expires_at: NOW })]);

    expect((await refusal({ router_port: 4001 }, { record }))[0]).toBe('PORT_TAKEN');
    expect((await refusal({ router_port: 4002 }, { record }))[0]).toBe('PORT_TAKEN');
  });

  test('is refused when an unmanaged rule has it, with force too', async () => {
    const router = withPortInUse({ text: '-A custom-PREROUTING --dport 4001 -j DNAT' });
    const expected = [
      'PORT_TAKEN',
      {
        endpoint: '203.0.113.10:4001/tcp',
        by: { kind: 'rule', rule: '-A custom-PREROUTING --dport 4001 -j DNAT' },
      },
    ];

    expect(await refusal({ router_port: 4001 }, { router })).toMatchObject(expected);
    expect(await refusal({ router_port: 4001 }, { router, force: true })).toMatchObject(expected);
  });

  test('is refused when a process listens on it, unless forced', async () => {
    const router = withPortInUse({ kind: 'listener', text: '0.0.0.0:4001' });

    expect(await refusal({ router_port: 4001 }, { router })).toEqual([
      'PORT_RESERVED',
      { endpoint: '203.0.113.10:4001/tcp', by: { kind: 'listener', socket: '0.0.0.0:4001' } },
    ]);
    expect(portFor({ router_port: 4001 }, { router, force: true })).toBe(4001);
  });

  test('is refused when it is reserved, unless forced', async () => {
    expect(await refusal({ router_port: 500 })).toEqual([
      'PORT_RESERVED',
      { endpoint: '203.0.113.10:500/tcp', by: { kind: 'reserved' } },
    ]);
    expect(portFor({ router_port: 500 }, { force: true })).toBe(500);
  });
});

describe('the gateway address', () => {
  test('may be any address of the router', () => {
    expect(decide({ gateway_ip: '203.0.113.11' }).mapping.gateway_ip).toBe('203.0.113.11');
  });

  test('must be an address of the router, unless forced', async () => {
    expect(await refusal({ gateway_ip: '203.0.113.99' })).toEqual([
      'GATEWAY_NOT_LOCAL',
      { gateway: '203.0.113.99', router: ROUTER, addresses: FACTS.gateways },
    ]);
    expect(decide({ gateway_ip: '203.0.113.99' }, { force: true }).mapping.gateway_ip).toBe('203.0.113.99');
  });

  test('is required for a router that has none, with force too', async () => {
    const router = { facts: NO_FACTS, portsInUse: [] };

    expect(await refusal({}, { router })).toEqual(['NO_GATEWAY', { router: ROUTER }]);
    expect(await refusal({}, { router, force: true })).toEqual(['NO_GATEWAY', { router: ROUTER }]);
    expect(await refusal({ gateway_ip: GATEWAY }, { router })).toEqual([
      'GATEWAY_NOT_LOCAL',
      { gateway: GATEWAY, router: ROUTER, addresses: [] },
    ]);
  });
});

test('a server that is not behind the router is refused, unless forced', async () => {
  expect(await refusal({ server_ip: '192.0.2.1' })).toEqual([
    'SERVER_NOT_BEHIND_ROUTER',
    {
      cause: 'NOT_CONNECTED',
      server_ip: '192.0.2.1',
      router: ROUTER,
      networks: ['10.20.0.0/24', '10.30.0.0/16'],
    },
  ]);
  expect(decide({ server_ip: '192.0.2.1' }, { force: true }).mapping.server_ip).toBe('192.0.2.1');
});

test('freePorts counts the ports that a new mapping can get', () => {
  const record = recordWith([mappingAt(4000), mappingAt(8080)]);
  const router = withPortInUse({ first: 4002, last: 4010 });
  const address = { protocol: 'tcp', gateway_ip: FORWARD.gateway_ip } as const;

  expect(freePorts(situation({ record, router }), address)).toBe(1);
  expect(freePorts(situation({ record, router }), { ...address, protocol: 'udp' })).toBe(4);
});

test.each(['2029-12-31T23:59:59Z', NOW])('an expiry that has passed is refused: %s', async (expires_at) => {
  expect(await refusal({ expires_at })).toEqual([
    'INVALID_INPUT',
    { field: 'expires_at', found: expires_at, allowed: `a time after ${NOW}` },
  ]);
});

test('an expiry in the next second is accepted', () => {
  expect(decide({ expires_at: '2030-01-01T00:00:01Z' }).mapping.expires_at).toBe('2030-01-01T00:00:01Z');
});
