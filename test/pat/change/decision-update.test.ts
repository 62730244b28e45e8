import { describe, expect, test } from '@jest/globals';
import { timeText } from '../../../src/core/values/time.ts';
import { decideDelete, decideUpdate } from '../../../src/pat/change/decision.ts';
import type { Decision, Situation } from '../../../src/pat/change/situation.ts';
import type { PublicEndpoint } from '../../../src/pat/mapping/forward.ts';
import type { Mapping, MappingPatch } from '../../../src/pat/mapping/mapping.ts';
import type { PortInUse } from '../../../src/pat/router/port-in-use.ts';
import { errorOf, POLICY } from '../../support/fake-node.ts';
import { FACTS, GATEWAY, idOf, MAPPING, recordWith } from '../../support/samples.ts';

const LATER = '2030-06-01T00:00:00Z';
const OTHER: Mapping = { ...MAPPING, id: idOf(2), router_port: 4001, server_ip: '10.20.0.52' };
const RECORD = recordWith([MAPPING, OTHER]);

const at = (router_port: number): PublicEndpoint => ({ protocol: 'tcp', gateway_ip: GATEWAY, router_port });
const situation = (changes: Partial<Situation> = {}): Situation => ({
  record: RECORD,
  router: { facts: FACTS, portsInUse: [] },
  settings: POLICY,
  now: new Date(LATER),
  force: false,
  ...changes,
});
const decide = (patch: MappingPatch, changes: Partial<Situation> = {}): Decision =>
  decideUpdate(situation(changes), MAPPING.id, patch);
const refusal = async (patch: MappingPatch, changes: Partial<Situation> = {}): Promise<[string, unknown]> => {
  const { code, facts } = await errorOf(() => decide(patch, changes));
  return [code, facts];
};

test.each<[string, MappingPatch, Partial<Mapping>]>([
  ['the port', { router_port: 4002 }, { router_port: 4002 }],
  ['the server', { server_ip: '10.20.0.53', server_port: 80 }, { server_ip: '10.20.0.53', server_port: 80 }],
  ['the allowed networks', { allowed_cidrs: ['192.0.2.7/32'] }, { allowed_cidrs: ['192.0.2.7/32'] }],
  ['enabled', { enabled: false }, { enabled: false }],
  ['the expiry', { expires_at: '2031-01-01T00:00:00Z' }, { expires_at: '2031-01-01T00:00:00Z' }],
  ['name and description', { name: 'ssh', description: 'for all' }, { name: 'ssh', description: 'for all' }],
  ['masquerading', { masquerade: 'never' }, { masquerade: 'never' }],
])('an update of %s changes that and updated_at', (_, patch, changed) => {
  const { mapping } = decide(patch);

  expect(mapping).toEqual({ ...MAPPING, ...changed, status: 'PENDING', status_reason: '', updated_at: LATER });
});

test('an empty list of networks and a removed expiry are changes', () => {
  const limited = { ...MAPPING, allowed_cidrs: ['192.0.2.7/32'], expires_at: LATER };
  const record = recordWith([limited]);

  expect(decide({ allowed_cidrs: [], expires_at: null }, { record }).mapping).toMatchObject({
    allowed_cidrs: [],
    expires_at: null,
  });
});

test('an expiry that has passed is refused, unless the mapping has it already', async () => {
  const past = '2030-05-31T23:59:59Z';
  expect(await refusal({ expires_at: past })).toEqual([
    'INVALID_INPUT',
    { field: 'expires_at', found: past, allowed: `a time after ${LATER}` },
  ]);

  const record = recordWith([{ ...MAPPING, expires_at: past }]);
  expect(decide({ expires_at: past, name: 'late' }, { record }).mapping).toMatchObject({
    name: 'late',
    expires_at: past,
  });
});

test('words change no rule: no endpoint becomes pending, and those that were stay', () => {
  const { delta, mapping } = decide(
    { name: 'new', description: 'words' },
    { record: { ...RECORD, pending: [at(4003)] } },
  );

  expect(delta).toEqual({ put: [mapping] });
  expect(decide({ name: 'new', allowed_cidrs: [] }).delta.pending).toHaveLength(2);
});

test('the previous and the new endpoint become pending, after those that were pending', () => {
  const { delta, mapping } = decide({ router_port: 4002 }, { record: { ...RECORD, pending: [at(4003)] } });

  expect(delta).toEqual({ put: [mapping], pending: [at(4003), at(4000), at(4002)], next_port: 4001 });
});

describe('a mapping keeps its own port', () => {
  const own: PortInUse = {
    protocol: 'tcp',
    cidr: '0.0.0.0/0',
    first: 4000,
    last: 4000,
    kind: 'listener',
    text: '*:4000',
  };

  test('when the update names it', () => {
    expect(decide({ router_port: 4000 }).mapping.router_port).toBe(4000);
  });

  test('when it has become reserved or a process listens on it', () => {
    const router = { facts: FACTS, portsInUse: [own] };
    const settings = { ...POLICY, reserved_ports: [4000] };

    expect(decide({ name: 'ssh' }, { router, settings }).mapping.name).toBe('ssh');
    expect(decide({ router_port: 4000 }, { router, settings }).mapping.router_port).toBe(4000);
  });
});

describe('a new port', () => {
  test('is refused when another mapping has it', async () => {
    expect(await refusal({ router_port: 4001 })).toEqual([
      'PORT_TAKEN',
      { endpoint: '203.0.113.10:4001/tcp', by: expect.objectContaining({ kind: 'mapping', id: OTHER.id }) },
    ]);
  });

  test('is refused when it is reserved, unless forced', async () => {
    expect((await refusal({ router_port: 500 }))[0]).toBe('PORT_RESERVED');
    expect(decide({ router_port: 500 }, { force: true }).mapping.router_port).toBe(500);
  });

  test('is refused when an unmanaged rule has it', async () => {
    const portsInUse: PortInUse[] = [
      { protocol: 'tcp', cidr: '203.0.113.10/32', first: 4002, last: 4002, kind: 'rule', text: '-A x' },
    ];

    expect(await refusal({ router_port: 4002 }, { router: { facts: FACTS, portsInUse } })).toEqual([
      'PORT_TAKEN',
      { endpoint: '203.0.113.10:4002/tcp', by: { kind: 'rule', rule: '-A x' } },
    ]);
  });
});

describe('a server', () => {
  test('that is new must be behind the router, unless forced', async () => {
    expect((await refusal({ server_ip: '192.0.2.1' }))[0]).toBe('SERVER_NOT_BEHIND_ROUTER');
    expect(decide({ server_ip: '192.0.2.1' }, { force: true }).mapping.server_ip).toBe('192.0.2.1');
  });

  test('that is unchanged is not checked again', () => {
    const record = recordWith([{ ...MAPPING, server_ip: '192.0.2.1' }]);

    expect(decide({ server_ip: '192.0.2.1', name: 'far' }, { record }).mapping.name).toBe('far');
    expect(decide({ enabled: false }, { record }).mapping.enabled).toBe(false);
  });

  test('is not checked while the router is not on this node', () => {
    expect(decide({ server_ip: '192.0.2.1' }, { router: undefined }).mapping.server_ip).toBe('192.0.2.1');
  });
});

test('an update without a value is refused, also with fields that are undefined', async () => {
  const undefinedFields = { name: undefined, enabled: undefined } as MappingPatch;

  const expected = ['NOTHING_TO_UPDATE', { id: MAPPING.id }];
  expect(await refusal({})).toEqual(expected);
  expect(await refusal(undefinedFields)).toEqual(expected);
});

test('an undefined field stays unchanged', () => {
  const patch = { name: 'ssh', enabled: undefined, server_ip: undefined } as MappingPatch;

  expect(decide(patch).mapping).toMatchObject({ name: 'ssh', enabled: true, server_ip: MAPPING.server_ip });
});

test('a mapping that is not in the record is not found', async () => {
  const missing = { code: 'MAPPING_NOT_FOUND', facts: { id: idOf(3) } };

  expect(await errorOf(() => decideUpdate(situation(), idOf(3), { name: 'x' }))).toMatchObject(missing);
  expect(await errorOf(() => decideDelete(RECORD, [MAPPING.id, idOf(3)], POLICY.router_port_range))).toMatchObject(
    missing,
  );
});

test('a deletion removes the named mappings, and their endpoints become pending after those that were pending', () => {
  const record = { ...RECORD, next_port: 4002, pending: [at(4003)] };
  const delta = decideDelete(record, [OTHER.id, MAPPING.id], POLICY.router_port_range);

  expect(delta).toEqual({ remove: [OTHER.id, MAPPING.id], pending: [at(4003), at(4001), at(4000)] });
});

test('times are in UTC, to the second', () => {
  expect(timeText(new Date('2030-01-31T14:00:00.999+02:00'))).toBe('2030-01-31T12:00:00Z');
});

test('the search for the next free port skips a freed port', () => {
  const range = POLICY.router_port_range;
  const record = { ...RECORD, next_port: 4001 };
  expect(decideDelete(record, [OTHER.id], range).next_port).toBe(4002);
  expect(decideDelete(record, [MAPPING.id], range).next_port).toBeUndefined();
  expect(decideUpdate(situation({ record }), OTHER.id, { router_port: 4050 }).delta.next_port).toBe(4002);
});
