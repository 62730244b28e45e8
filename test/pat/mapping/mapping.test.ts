import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseInput } from '../../../src/core/values/input.ts';
import { isExpired } from '../../../src/core/values/time.ts';
import { isEffective, Mapping, MappingPatch } from '../../../src/pat/mapping/mapping.ts';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { MappingRequest } from '../../../src/pat/mapping/request.ts';
import { port } from '../../support/arbitrary.ts';
import { errorOf } from '../../support/fake-node.ts';
import { idOf, MAPPING, NOW, WANTED } from '../../support/samples.ts';

const refusalOf = (input: object): Promise<{ field: unknown; allowed: unknown }> =>
  errorOf(() => parseInput(MappingRequest, { ...WANTED, ...input })).then(({ code, facts }) => {
    expect(code).toBe('INVALID_INPUT');
    return { field: facts['field'], allowed: facts['allowed'] };
  });

test('what is left out of a new mapping is filled in, but the port and the gateway stay open', () => {
  expect(parseInput(MappingRequest, WANTED)).toEqual({
    ...WANTED,
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

test('a stored mapping passes as it is', () => {
  expect(parseInput(Mapping, MAPPING)).toEqual(MAPPING);
});

test('networks are made canonical', () => {
  const allowed_cidrs = ['198.51.100.9/24', '192.0.2.7', '198.51.100.1'];

  expect(parseInput(MappingPatch, { allowed_cidrs })).toEqual({ allowed_cidrs: ['192.0.2.7/32', '198.51.100.0/24'] });
});

describe.each(['server_port', 'router_port'])('%s', (field) => {
  test('may be any port', () => {
    fc.assert(
      fc.property(
        port,
        (number) => parseInput(MappingRequest, { ...WANTED, [field]: number })[field as 'server_port'] === number,
      ),
    );
  });

  test.each([0, -1, 65536, 1e9, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '22', null, true, [22], {}])(
    'is never %p',
    async (value) => {
      const { field: named, allowed } = await refusalOf({ [field]: value });

      expect(named).toBe(field);
      expect(allowed).toMatch(/from 1 to 65535$/);
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
])('%j is no router id', async (router_id) => {
  expect(await refusalOf({ router_id })).toEqual({ field: 'router_id', allowed: expect.any(String) });
});

test.each(['qdhcp-1', 'edge', 'R_1.2', '_x', 'x'.repeat(128), MAPPING.router_id])('%j is a router id', (router_id) => {
  expect(parseInput(MappingRequest, { ...WANTED, router_id }).router_id).toBe(router_id);
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

  expect(parseInput(MappingRequest, { ...WANTED, allowed_cidrs: networks(256) }).allowed_cidrs).toHaveLength(256);
  expect(await refusalOf({ allowed_cidrs: networks(257) })).toEqual({
    field: 'allowed_cidrs',
    allowed: 'a list of at most 256 networks',
  });
});

describe.each(['name', 'description', 'project_id'])('%s', (field) => {
  test('has no control characters, wherever they stand', async () => {
    const codes = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index)];
    for (const code of codes) {
      const value = `a${String.fromCharCode(code)}[2Jb`;
      expect(await refusalOf({ [field]: value })).toEqual({ field, allowed: 'text without control characters' });
    }
    expect(await refusalOf({ [field]: 'a\n' })).toEqual({ field, allowed: 'text without control characters' });
  });

  test('may be any other text, to 255 characters', async () => {
    for (const value of ['', 'DNS für alle', '日本語', '"; drop table', "it's", 'x'.repeat(255)]) {
      expect(parseInput(MappingRequest, { ...WANTED, [field]: value })).toMatchObject({ [field]: value });
    }
    expect(await refusalOf({ [field]: 'x'.repeat(256) })).toEqual({ field, allowed: 'text of at most 255 characters' });
  });
});

test.each(['tomorrow', '2030-01-31', '2030-02-30T00:00:00Z', '2030-01-31T12:00:00+02:00', '', 1893456000])(
  '%j is no time at which a mapping ends',
  async (expires_at) => {
    expect((await refusalOf({ expires_at })).field).toBe('expires_at');
  },
);

test.each(['masquerade', 'enabled'])('%s is not taken from a text', async (field) => {
  expect((await refusalOf({ [field]: 'yes' })).field).toBe(field);
});

describe('keys that nobody knows are refused', () => {
  test.each([
    ['a new mapping', MappingRequest, { ...WANTED, colour: 'red' }],
    ['a new mapping that names its own status', MappingRequest, { ...WANTED, status: 'ACTIVE' }],
    ['a new mapping that names its own id', MappingRequest, { ...WANTED, id: MAPPING.id }],
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

describe('the message names the field, what was found and what is allowed', () => {
  test.each<[unknown, string]>([
    [{ ...WANTED, server_port: 70_000 }, 'server_port: 70000 is not from 1 to 65535'],
    [{ ...WANTED, server_port: Number.NaN }, 'server_port: NaN is not a whole number from 1 to 65535'],
    [{ ...WANTED, router_id: '../x' }, 'router_id: "../x" is not a router UUID or a namespace name'],
    [{ ...WANTED, router_id: 5 }, 'router_id: 5 is not a router UUID or a namespace name'],
    [{ ...WANTED, protocol: 'halt' }, 'protocol: "halt" is not tcp or udp'],
    [{ ...WANTED, masquerade: true }, 'masquerade: true is not auto, always or never'],
    [{ ...WANTED, enabled: 'yes' }, 'enabled: "yes" is not true or false'],
    [{ ...WANTED, name: 5 }, 'name: 5 is not text'],
    [{ ...WANTED, expires_at: 'soon' }, 'expires_at: "soon" is not a UTC time such as 2030-01-31T12:00:00Z'],
    [
      { ...WANTED, allowed_cidrs: ['10.0.0.0/8', 'x'] },
      'allowed_cidrs.1: "x" is not an IPv4 address or network such as 198.51.100.0/24',
    ],
    [{ ...WANTED, colour: 'red' }, 'input: "colour" is not a known field'],
    [[], 'input: [] is not an object'],
    [undefined, 'input is required: an object'],
  ])('for %j', async (input, message) => {
    expect((await errorOf(() => parseInput(MappingRequest, input))).message).toBe(message);
  });

  test('but never repeats a control character or a text without end', async () => {
    const hostile = String.fromCharCode(0x1b, 0x07, 0x0a, 0x7f, 0x9b);
    for (const input of [{ name: `${hostile}2J` }, { [`${hostile}key`]: 1 }, { name: 'x'.repeat(100_000) }]) {
      const { message } = await errorOf(() => parseInput(MappingRequest, { ...WANTED, ...input }));

      expect(message).not.toMatch(/\p{Cc}/u);
      expect(message.length).toBeLessThan(300);
    }
  });
});

test('a mapping ends at its second, not before', () => {
  const now = Date.parse(NOW);
  const ends = { expires_at: NOW, enabled: true, suspension: null };

  expect(isExpired(ends, new Date(now - 1))).toBe(false);
  expect(isExpired(ends, new Date(now))).toBe(true);
  expect(isExpired({ expires_at: null }, new Date(now))).toBe(false);
  expect(isEffective(ends, new Date(now - 1))).toBe(true);
  expect(isEffective(ends, new Date(now))).toBe(false);
  expect(isEffective({ ...ends, enabled: false, expires_at: null }, new Date(now))).toBe(false);
  const suspended = (withdrawn: boolean) => ({
    ...ends,
    expires_at: null,
    suspension: { reason: reason('PORT_DETACHED', { port: idOf(1) }), withdrawn },
  });
  expect(isEffective(suspended(false), new Date(now))).toBe(true);
  expect(isEffective(suspended(true), new Date(now))).toBe(false);
});
