import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseInput } from '../../../src/core/values/input.ts';
import { isExpired } from '../../../src/core/values/time.ts';
import { isEffective, Mapping, MappingPatch } from '../../../src/pat/mapping/mapping.ts';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { MappingRequest } from '../../../src/pat/mapping/request.ts';
import { port } from '../../support/arbitrary.ts';
import { errorOf } from '../../support/fake-node.ts';
import { idOf, MAPPING, NOW, REQUEST } from '../../support/samples.ts';

const refusalOf = (input: object): Promise<{ field: unknown; allowed: unknown }> =>
  errorOf(() => parseInput(MappingRequest, { ...REQUEST, ...input })).then(({ code, facts }) => {
    expect(code).toBe('INVALID_INPUT');
    return { field: facts['field'], allowed: facts['allowed'] };
  });

test('a request gets defaults, except for the port and the gateway address', () => {
  expect(parseInput(MappingRequest, REQUEST)).toEqual({
    ...REQUEST,
    open_security_group: false,
    project_id: null,
    protocol: 'tcp',
    name: '',
    description: '',
    allowed_cidrs: [],
    expires_at: null,
    enabled: true,
  });
});

test('a stored mapping is parsed unchanged', () => {
  expect(parseInput(Mapping, MAPPING)).toEqual(MAPPING);
});

test('networks become canonical', () => {
  const allowed_cidrs = ['198.51.100.9/24', '192.0.2.7', '198.51.100.1'];

  expect(parseInput(MappingPatch, { allowed_cidrs })).toEqual({ allowed_cidrs: ['192.0.2.7/32', '198.51.100.0/24'] });
});

describe.each(['server_port', 'router_port'])('%s', (field) => {
  test('may be any port', () => {
    fc.assert(
      fc.property(
        port,
        (number) => parseInput(MappingRequest, { ...REQUEST, [field]: number })[field as 'server_port'] === number,
      ),
    );
  });

  test.each([0, -1, 65536, 1e9, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '22', null, true, [22], {}])(
    'is never %p',
    async (value) => {
      expect(await refusalOf({ [field]: value })).toEqual({ field, allowed: expect.stringMatching(/1 to 65535/) });
    },
  );
});

test.each([
  '../x',
  '..',
  '.',
  '.hidden',
  'a/b',
  'a\\b',
  '/etc/passwd',
  '',
  ' ',
  'a b',
  'a\0b',
  'a\n',
  '-rf',
  '--help',
  '%2e%2e',
  'a;reboot',
  '$(reboot)',
  'ä',
  'x'.repeat(129),
  5,
  null,
])('%j is no router ID', async (router_id) => {
  expect(await refusalOf({ router_id })).toEqual({ field: 'router_id', allowed: expect.any(String) });
});

test.each(['qdhcp-1', 'edge', 'R_1.2', '_x', 'x'.repeat(128), MAPPING.router_id])('%j is a router ID', (router_id) => {
  expect(parseInput(MappingRequest, { ...REQUEST, router_id }).router_id).toBe(router_id);
});

test.each(['halt', 'TCP', 'sctp', '', '6', 6, null, ['tcp'], 'tcp '])('%j is no protocol', async (protocol) => {
  expect((await refusalOf({ protocol })).field).toBe('protocol');
});

test.each([
  '10.20.0',
  '10.20.0.256',
  '010.20.0.1',
  '10.20.0.51/32',
  'server',
  '::1',
  '',
  0xa140033,
  null,
  '10.20.0.51\n',
  '10.20.0.51 -j ACCEPT',
  '10.20.0.51:22',
])('%j is no address of a server or a gateway', async (address) => {
  expect((await refusalOf({ server_ip: address })).field).toBe('server_ip');
  expect((await refusalOf({ gateway_ip: address })).field).toBe('gateway_ip');
});

test.each([[['10.0.0.0/33']], [['10.0.0.0/8', '']], [['0.0.0.0/0 -j ACCEPT']], ['10.0.0.0/8'], [[null]]])(
  '%j is no list of networks',
  async (allowed_cidrs) => {
    expect((await refusalOf({ allowed_cidrs })).field).toMatch(/^allowed_cidrs/);
  },
);

test('the number of networks is limited', async () => {
  const networks = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.0.${index % 256}.0/24`);

  expect(parseInput(MappingRequest, { ...REQUEST, allowed_cidrs: networks(256) }).allowed_cidrs).toHaveLength(256);
  expect(await refusalOf({ allowed_cidrs: networks(257) })).toEqual({
    field: 'allowed_cidrs',
    allowed: expect.stringContaining('256'),
  });
});

describe.each(['name', 'description', 'project_id'])('%s', (field) => {
  test('has no control characters', async () => {
    const withoutControls = expect.stringContaining('control characters');
    const codes = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index)];
    for (const code of codes) {
      const value = `a${String.fromCharCode(code)}[2Jb`;
      expect(await refusalOf({ [field]: value })).toEqual({ field, allowed: withoutControls });
    }
    expect(await refusalOf({ [field]: 'a\n' })).toEqual({ field, allowed: withoutControls });
  });

  test('has no character that is not seen, but is read where it was stored', async () => {
    for (const value of ['a\u200Bb', 'a\uFEFFb', 'a\u00ADb', 'a\u{E0041}b']) {
      expect(await refusalOf({ [field]: value })).toEqual({
        field,
        allowed: expect.stringContaining('control characters'),
      });
      expect(Mapping.shape[field as 'name'].safeParse(value).success).toBe(true);
    }
    expect(Mapping.shape[field as 'name'].safeParse('a\u202Eb').success).toBe(false);
  });

  test('may be any other text of up to 255 characters', async () => {
    for (const value of ['', 'DNS für alle', '日本語', '"; drop table', "it's", 'x'.repeat(255)]) {
      expect(parseInput(MappingRequest, { ...REQUEST, [field]: value })).toMatchObject({ [field]: value });
    }
    expect(await refusalOf({ [field]: 'x'.repeat(256) })).toEqual({ field, allowed: expect.stringContaining('255') });
  });
});

test.each(['tomorrow', '2030-01-31', '2030-02-30T00:00:00Z', '2030-01-31T12:00:00+02:00', '', 1893456000])(
  '%j is no expiry',
  async (expires_at) => {
    expect((await refusalOf({ expires_at })).field).toBe('expires_at');
  },
);

test.each(['masquerade', 'enabled'])('%s must not be another text', async (field) => {
  expect((await refusalOf({ [field]: 'yes' })).field).toBe(field);
});

describe('unknown keys are refused', () => {
  test.each([
    ['a new mapping', MappingRequest, { ...REQUEST, colour: 'red' }],
    ['a new mapping that names its own status', MappingRequest, { ...REQUEST, status: 'ACTIVE' }],
    ['a new mapping that names its own id', MappingRequest, { ...REQUEST, id: MAPPING.id }],
    ['a change of the router', MappingPatch, { router_id: 'edge' }],
    ['a change of the protocol', MappingPatch, { protocol: 'udp' }],
    ['a stored mapping', Mapping, { ...MAPPING, colour: 'red' }],
    [
      'a prototype',
      MappingRequest,
      JSON.parse('{"server_ip":"10.20.0.51","server_port":22,"router_id":"r","__proto__":{}}'),
    ],
  ])('in %s', async (_, schema, input) => {
    expect((await errorOf(() => parseInput(schema, input))).code).toBe('INVALID_INPUT');
  });
});

test.each([undefined, null, 'text', 5, [], () => undefined])('%p is no mapping', async (input) => {
  expect((await errorOf(() => parseInput(MappingRequest, input))).facts).toMatchObject({ field: 'input' });
});

describe('an error', () => {
  test.each<[unknown, string, string]>([
    [{ ...REQUEST, server_port: 70_000 }, 'server_port', '70000'],
    [{ ...REQUEST, server_port: Number.NaN }, 'server_port', 'NaN'],
    [{ ...REQUEST, router_id: '../x' }, 'router_id', '"../x"'],
    [{ ...REQUEST, router_id: 5 }, 'router_id', '5'],
    [{ ...REQUEST, protocol: 'halt' }, 'protocol', '"halt"'],
    [{ ...REQUEST, masquerade: true }, 'masquerade', 'true'],
    [{ ...REQUEST, enabled: 'yes' }, 'enabled', '"yes"'],
    [{ ...REQUEST, name: 5 }, 'name', '5'],
    [{ ...REQUEST, expires_at: 'soon' }, 'expires_at', '"soon"'],
    [{ ...REQUEST, allowed_cidrs: ['10.0.0.0/8', 'x'] }, 'allowed_cidrs.1', '"x"'],
    [{ ...REQUEST, colour: 'red' }, 'input', '"colour"'],
    [[], 'input', '[]'],
    [undefined, 'input', 'missing'],
  ])('for %j has the field and the value', async (input, field, found) => {
    const { code, facts } = await errorOf(() => parseInput(MappingRequest, input));

    expect({ code, facts }).toEqual({ code: 'INVALID_INPUT', facts: { field, found, allowed: expect.any(String) } });
  });

  test('never repeats a control character or a long text', async () => {
    const hostile = String.fromCharCode(0x1b, 0x07, 0x0a, 0x7f, 0x9b);
    for (const input of [{ name: `${hostile}2J` }, { [`${hostile}key`]: 1 }, { name: 'x'.repeat(100_000) }]) {
      const { message } = await errorOf(() => parseInput(MappingRequest, { ...REQUEST, ...input }));

      expect(message).not.toMatch(/\p{Cc}/u);
      expect(message.length).toBeLessThan(300);
    }
  });
});

test('a mapping expires in its second, not before', () => {
  const now = Date.parse(NOW);
  const expiring = { expires_at: NOW, enabled: true, suspension: null };

  expect(isExpired(expiring, new Date(now - 1))).toBe(false);
  expect(isExpired(expiring, new Date(now))).toBe(true);
  expect(isExpired({ expires_at: null }, new Date(now))).toBe(false);
  expect(isEffective(expiring, new Date(now - 1))).toBe(true);
  expect(isEffective(expiring, new Date(now))).toBe(false);
  expect(isEffective({ ...expiring, enabled: false, expires_at: null }, new Date(now))).toBe(false);
  const suspended = (rules_removed: boolean) => ({
    ...expiring,
    expires_at: null,
    suspension: { reason: reason('PORT_DETACHED', { port: idOf(1) }), rules_removed },
  });
  expect(isEffective(suspended(false), new Date(now))).toBe(true);
  expect(isEffective(suspended(true), new Date(now))).toBe(false);
});
