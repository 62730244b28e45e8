import { describe, expect, test } from '@jest/globals';
import { timeText } from '../../../src/core/values/time.ts';
import { decideDelete, decideUpdate } from '../../../src/pat/change/decision.ts';
import type { Decision, Situation } from '../../../src/pat/change/situation.ts';
import type { PraasError } from '../../../src/pat/errors.ts';
import type { Endpoint } from '../../../src/pat/mapping/forward.ts';
import type { Mapping, MappingPatch } from '../../../src/pat/mapping/mapping.ts';
import type { PortInUse } from '../../../src/pat/router/port-in-use.ts';
import { errorOf, POLICY } from '../../support/fake-node.ts';
import { FACTS, GATEWAY, idOf, MAPPING, recordWith } from '../../support/samples.ts';

const LATER = '2030-06-01T00:00:00Z';
const OTHER: Mapping = { ...MAPPING, id: idOf(2), router_port: 4001, server_ip: '10.20.0.52' };
const RECORD = recordWith([MAPPING, OTHER]);

const at = (router_port: number): Endpoint => ({ protocol: 'tcp', gateway_ip: GATEWAY, router_port });
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
const refusal = (patch: MappingPatch, changes: Partial<Situation> = {}): Promise<PraasError> =>
  errorOf(() => decide(patch, changes));

test.each<[string, MappingPatch, Partial<Mapping>]>([
  ['the port', { router_port: 4002 }, { router_port: 4002 }],
  ['the server', { server_ip: '10.20.0.53', server_port: 80 }, { server_ip: '10.20.0.53', server_port: 80 }],
  ['the networks', { allowed_cidrs: ['192.0.2.7/32'] }, { allowed_cidrs: ['192.0.2.7/32'] }],
  ['whether it is published', { enabled: false }, { enabled: false }],
  ['its end', { expires_at: '2031-01-01T00:00:00Z' }, { expires_at: '2031-01-01T00:00:00Z' }],
  ['its texts', { name: 'ssh', description: 'for all' }, { name: 'ssh', description: 'for all' }],
  ['masquerading', { masquerade: 'never' }, { masquerade: 'never' }],
])('a change of %s changes that, and when it was changed', (_, patch, changed) => {
  const { mapping } = decide(patch);

  expect(mapping).toEqual({ ...MAPPING, ...changed, status: 'PENDING', status_reason: '', updated_at: LATER });
});

test('an empty list of networks and an end taken away are changes', () => {
  const limited = { ...MAPPING, allowed_cidrs: ['192.0.2.7/32'], expires_at: LATER };
  const record = recordWith([limited]);

  expect(decide({ allowed_cidrs: [], expires_at: null }, { record }).mapping).toMatchObject({
    allowed_cidrs: [],
    expires_at: null,
  });
});

test('both the port of before and the new one are to be settled, after what was left over', () => {
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

  test('when it is named again', () => {
    expect(decide({ router_port: 4000 }).mapping.router_port).toBe(4000);
  });

  test('when it is reserved or listened on by now', () => {
    const router = { facts: FACTS, portsInUse: [own] };
    const policy = { ...POLICY, reserved_ports: [4000] };

    expect(decide({ name: 'ssh' }, { router, settings: policy }).mapping.name).toBe('ssh');
    expect(decide({ router_port: 4000 }, { router, settings: policy }).mapping.router_port).toBe(4000);
  });
});

describe('a new port', () => {
  test('is refused when another mapping has it', async () => {
    const { code, facts } = await refusal({ router_port: 4001 });
    expect(code).toBe('PORT_TAKEN');
    expect(facts).toMatchObject({ endpoint: `${GATEWAY}:4001/tcp`, by: expect.stringContaining(OTHER.id) });
    expect(facts).toMatchObject({ by: expect.stringContaining('10.20.0.52:22') });
  });

  test('is refused when it is reserved, unless forced', async () => {
    expect((await refusal({ router_port: 500 })).code).toBe('PORT_RESERVED');
    expect(decide({ router_port: 500 }, { force: true }).mapping.router_port).toBe(500);
  });

  test('is refused when an unmanaged rule has it', async () => {
    const portsInUse: PortInUse[] = [
      { protocol: 'tcp', cidr: '203.0.113.10/32', first: 4002, last: 4002, kind: 'rule', text: '-A x' },
    ];

    expect(await refusal({ router_port: 4002 }, { router: { facts: FACTS, portsInUse } })).toMatchObject({
      code: 'PORT_TAKEN',
      facts: { endpoint: `${GATEWAY}:4002/tcp`, by: expect.stringContaining('-A x') },
    });
  });
});

describe('a server', () => {
  test('that is new has to be behind the router, unless forced', async () => {
    expect((await refusal({ server_ip: '192.0.2.1' })).code).toBe('SERVER_NOT_BEHIND_ROUTER');
    expect(decide({ server_ip: '192.0.2.1' }, { force: true }).mapping.server_ip).toBe('192.0.2.1');
  });

  test('that was accepted before is not asked about again', () => {
    const record = recordWith([{ ...MAPPING, server_ip: '192.0.2.1' }]);

    expect(decide({ server_ip: '192.0.2.1', name: 'far' }, { record }).mapping.name).toBe('far');
    expect(decide({ enabled: false }, { record }).mapping.enabled).toBe(false);
  });

  test('is not asked about while the router is not here', () => {
    expect(decide({ server_ip: '192.0.2.1' }, { router: undefined }).mapping.server_ip).toBe('192.0.2.1');
  });
});

test('nothing to change is refused, also when it is spelled out', async () => {
  const spelled = { name: undefined, enabled: undefined } as MappingPatch;

  const expected = { code: 'NOTHING_TO_UPDATE', facts: { id: MAPPING.id } };
  expect(await refusal({})).toMatchObject(expected);
  expect(await refusal(spelled)).toMatchObject(expected);
});

test('a field that is there without a value is left as it is', () => {
  const patch = { name: 'ssh', enabled: undefined, server_ip: undefined } as MappingPatch;

  expect(decide(patch).mapping).toMatchObject({ name: 'ssh', enabled: true, server_ip: MAPPING.server_ip });
});

test('a mapping that is not in the record is not found', async () => {
  const missing = { code: 'MAPPING_NOT_FOUND', facts: { id: idOf(3) } };

  expect(await errorOf(() => decideUpdate(situation(), idOf(3), { name: 'x' }))).toMatchObject(missing);
  expect(await errorOf(() => decideDelete(RECORD, [MAPPING.id, idOf(3)]))).toMatchObject(missing);
});

test('a deletion removes what was named, and its endpoints are to be settled after what was left over', () => {
  const delta = decideDelete({ ...RECORD, pending: [at(4003)] }, [OTHER.id, MAPPING.id]);

  expect(delta).toEqual({ remove: [OTHER.id, MAPPING.id], pending: [at(4003), at(4001), at(4000)] });
});

test('times are written to the second, in UTC', () => {
  expect(timeText(new Date('2030-01-31T14:00:00.999+02:00'))).toBe('2030-01-31T12:00:00Z');
});

test('a port that was chosen by hand and is freed is walked past too', () => {
  const range = POLICY.router_port_range;
  const record = { ...RECORD, next_port: 4001 };
  expect(decideDelete(record, [OTHER.id], range).next_port).toBe(4002);
  expect(decideDelete(record, [MAPPING.id], range).next_port).toBeUndefined();
  expect(decideUpdate(situation({ record }), OTHER.id, { router_port: 4050 }).delta.next_port).toBe(4002);
});
