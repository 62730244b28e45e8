import { describe, expect, test } from '@jest/globals';
import { decideCreate } from '../../../src/pat/change/decision.ts';
import { freePorts } from '../../../src/pat/change/port-choice.ts';
import type { Situation } from '../../../src/pat/change/situation.ts';
import type { PraasError } from '../../../src/pat/errors.ts';
import type { Mapping, NewMapping } from '../../../src/pat/mapping/mapping.ts';
import type { PortInUse } from '../../../src/pat/router/port-in-use.ts';
import { errorOf, POLICY } from '../../support/fake-node.ts';
import { newMapping } from '../../support/requests.ts';
import { FACTS, FORWARD, GATEWAY, idOf, MAPPING, NOW, ROUTER, recordWith, WANTED } from '../../support/samples.ts';

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
const claimed = (claim: Partial<PortInUse>): Situation['router'] => ({
  facts: FACTS,
  portsInUse: [
    {
      protocol: 'tcp',
      cidr: '0.0.0.0/0',
      first: 4001,
      last: 4001,
      kind: 'rule',
      text: '-A x -j DNAT',
      ...claim,
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
  decideCreate(situation(changes), newMapping({ ...WANTED, ...input }), ID);
const portFor = (input: Partial<NewMapping>, changes: Partial<Situation>): number =>
  decide(input, changes).mapping.router_port;
const refusal = (input: Partial<NewMapping>, changes: Partial<Situation> = {}): Promise<PraasError> =>
  errorOf(() => decide(input, changes));
const naming = (text: string): unknown => expect.stringContaining(text);

test('a new mapping has everything that was said, the rest by policy, and is to be settled', () => {
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

test('what was left pending before stays to be settled', () => {
  const left = { protocol: 'udp', gateway_ip: GATEWAY, router_port: 53 } as const;

  const { delta } = decide({}, { record: recordWith([], { pending: [left] }) });

  expect(delta.pending?.[0]).toEqual(left);
  expect(delta.pending).toHaveLength(2);
});

test('masquerading comes from the request, else from the policy', () => {
  const policy = { ...POLICY, masquerade: 'always' } as const;

  expect(decide({}, { settings: policy }).mapping.masquerade).toBe('always');
  expect(decide({ masquerade: 'never' }, { settings: policy }).mapping.masquerade).toBe('never');
});

describe('automatic ports', () => {
  test('walk on from where the last one was, and round', () => {
    const at = (next_port: number): Partial<Situation> => ({ record: recordWith([], { next_port }) });

    expect(portFor({}, at(4002))).toBe(4002);
    expect(decide({}, at(4003)).delta.next_port).toBe(4000);
    expect(portFor({}, at(9999))).toBe(4000);
  });

  test('pass over mappings, reserved ports, rules and listeners', () => {
    const policy = { ...POLICY, reserved_ports: [4001] };
    const router = claimed({ first: 4002, last: 4002, kind: 'listener', text: '0.0.0.0:4002' });

    expect(portFor({}, { settings: policy, router, record: recordWith([mappingAt(4000)]) })).toBe(4003);
    expect(portFor({}, { router: claimed({ first: 4000, last: 4002 }) })).toBe(4003);
  });

  test('are taken only by the same protocol on the same gateway', () => {
    const record = recordWith([
      mappingAt(4000, { protocol: 'udp' }),
      mappingAt(4001, { gateway_ip: '203.0.113.11', id: idOf(5) }),
    ]);

    expect(portFor({}, { record })).toBe(4000);
    expect(portFor({ protocol: 'udp' }, { record })).toBe(4001);
    expect(portFor({ gateway_ip: '203.0.113.11' }, { record: { ...record, next_port: 4001 } })).toBe(4002);
  });

  test('are not handed out by force either when they are taken', () => {
    const policy = { ...POLICY, reserved_ports: [4000] };
    const router = claimed({ first: 4001, last: 4002, kind: 'listener' });

    expect(portFor({}, { settings: policy, router, force: true })).toBe(4003);
  });

  test('a port that the caller chose does not move the walk', () => {
    expect(decide({ router_port: 4002 }).delta).not.toHaveProperty('next_port');
  });

  test('a full range is refused with the numbers', async () => {
    const record = recordWith([
      mappingAt(4000),
      mappingAt(4001),
      mappingAt(8080),
      mappingAt(4003, { protocol: 'udp' }),
    ]);
    const policy = { ...POLICY, reserved_ports: [500, 4002] };
    const router = claimed({ first: 4003, last: 4003 });

    expect(await refusal({}, { record, settings: policy, router })).toMatchObject({
      code: 'NO_FREE_PORT',
      facts: { first: 4000, last: 4003, protocol: 'tcp', gateway: GATEWAY, mappings: 2, others: 2 },
    });
    expect(portFor({ protocol: 'udp' }, { record, settings: policy, router })).toBe(4000);
  });
});

describe('a port that the caller chose', () => {
  test('may be free outside of the range', () => {
    expect(portFor({ router_port: 8022 }, {})).toBe(8022);
  });

  test('is refused when another mapping has it, also with force', async () => {
    const record = recordWith([mappingAt(4001), mappingAt(4002, { name: 'web', server_port: 80 })]);

    const unnamed = await refusal({ router_port: 4001 }, { record });
    const named = await refusal({ router_port: 4002 }, { record, force: true });
    expect([unnamed.code, named.code]).toEqual(['PORT_TAKEN', 'PORT_TAKEN']);
    expect(unnamed.facts).toMatchObject({ endpoint: `${GATEWAY}:4001/tcp`, by: naming(idOf(4001)) });
    expect(unnamed.facts).toMatchObject({ by: naming('10.20.0.51:22') });
    expect(named.facts).toMatchObject({ endpoint: `${GATEWAY}:4002/tcp`, by: naming(idOf(4002)) });
    expect(named.facts).toMatchObject({ by: naming('web') });
    expect(named.facts).toMatchObject({ by: naming('10.20.0.51:80') });
  });

  test('is free when only the other protocol or another gateway has it', () => {
    const record = recordWith([mappingAt(4001), mappingAt(4002, { gateway_ip: '203.0.113.11' })]);

    expect(portFor({ router_port: 4001, protocol: 'udp' }, { record })).toBe(4001);
    expect(portFor({ router_port: 4002 }, { record })).toBe(4002);
  });

  test('is taken by a mapping that is disabled or expired too', async () => {
    const record = recordWith([mappingAt(4001, { enabled: false }), mappingAt(4002, { expires_at: NOW })]);

    expect((await refusal({ router_port: 4001 }, { record })).code).toBe('PORT_TAKEN');
    expect((await refusal({ router_port: 4002 }, { record })).code).toBe('PORT_TAKEN');
  });

  test('is refused when an unmanaged rule has it, also with force', async () => {
    const text = '-A custom-PREROUTING --dport 4001 -j DNAT';
    const router = claimed({ text });
    const expected = { code: 'PORT_TAKEN', facts: { endpoint: `${GATEWAY}:4001/tcp`, by: naming(text) } };

    expect(await refusal({ router_port: 4001 }, { router })).toMatchObject(expected);
    expect(await refusal({ router_port: 4001 }, { router, force: true })).toMatchObject(expected);
  });

  test('is refused when a process listens on it, unless forced', async () => {
    const router = claimed({ kind: 'listener', text: '0.0.0.0:4001' });

    expect(await refusal({ router_port: 4001 }, { router })).toMatchObject({
      code: 'PORT_RESERVED',
      facts: { endpoint: `${GATEWAY}:4001/tcp`, by: naming('0.0.0.0:4001') },
    });
    expect(portFor({ router_port: 4001 }, { router, force: true })).toBe(4001);
  });

  test('is refused when it is reserved, unless forced', async () => {
    expect(await refusal({ router_port: 500 })).toMatchObject({
      code: 'PORT_RESERVED',
      facts: { endpoint: `${GATEWAY}:500/tcp`, by: naming('reserved_ports') },
    });
    expect(portFor({ router_port: 500 }, { force: true })).toBe(500);
  });
});

describe('the gateway', () => {
  test('may be any address of the router', () => {
    expect(decide({ gateway_ip: '203.0.113.11' }).mapping.gateway_ip).toBe('203.0.113.11');
  });

  test('that is no address of the router is refused, unless forced', async () => {
    expect(await refusal({ gateway_ip: '203.0.113.99' })).toMatchObject({
      code: 'GATEWAY_NOT_LOCAL',
      facts: { gateway: '203.0.113.99', router: ROUTER, addresses: ['203.0.113.10', '203.0.113.11', '10.20.0.1'] },
    });
    expect(decide({ gateway_ip: '203.0.113.99' }, { force: true }).mapping.gateway_ip).toBe('203.0.113.99');
  });

  test('has to be named where the router has none, and force does not invent one', async () => {
    const router = { facts: NO_FACTS, portsInUse: [] };
    const expected = { code: 'NO_GATEWAY', facts: { router: ROUTER } };

    expect(await refusal({}, { router })).toMatchObject(expected);
    expect(await refusal({}, { router, force: true })).toMatchObject(expected);
    expect(await refusal({ gateway_ip: GATEWAY }, { router })).toMatchObject({
      code: 'GATEWAY_NOT_LOCAL',
      facts: { gateway: GATEWAY, router: ROUTER, addresses: [] },
    });
  });
});

test('a server that is not behind the router is refused with the reason, unless forced', async () => {
  expect(await refusal({ server_ip: '192.0.2.1' })).toMatchObject({
    code: 'SERVER_NOT_BEHIND_ROUTER',
    facts: { cause: 'NOT_CONNECTED', server_ip: '192.0.2.1', networks: ['10.20.0.0/24', '10.30.0.0/16'] },
  });
  expect(decide({ server_ip: '192.0.2.1' }, { force: true }).mapping.server_ip).toBe('192.0.2.1');
});

test('free ports are those that a new mapping could get', () => {
  const record = recordWith([mappingAt(4000), mappingAt(8080)]);
  const router = claimed({ first: 4002, last: 4010 });
  const where = { protocol: 'tcp', gateway_ip: FORWARD.gateway_ip } as const;

  expect(freePorts(situation({ record, router }), where)).toBe(1);
  expect(freePorts(situation({ record, router }), { ...where, protocol: 'udp' })).toBe(4);
});
