/** The syntax of praas.conf, and what its errors say. */
import { expect, test } from '@jest/globals';
import { parseEntries } from '../../../src/system/config/parser.ts';
import { errorOf, FILE, load, loadText } from './support.ts';

test('the file of the Python version is read as it is', async () => {
  const { config, settings } = await load([
    '# praas.conf',
    '[praas]',
    'port_app = 3000 #RESTful API default run on port 3000',
    'router_port_range = 4000:4100 #Specific router port range using for pat agent',
    'second_monitoring = 30 #Specific period working of monitor agent.',
  ]);

  expect(config).toMatchObject({
    port_app: 3000,
    router_port_range: { first: 4000, last: 4100 },
    second_monitoring: 30,
  });
  expect(settings.slice(0, 3).map(({ value, source }) => [value, source])).toEqual([
    ['3000', `${FILE}:3`],
    ['4000:4100', `${FILE}:4`],
    ['30', `${FILE}:5`],
  ]);
});

test('entries come with key, value and line, in their order', () => {
  const text = '\n[praas]\n  log_dir=/srv/a=b  \n\n\tbackend\t=\tnftables\n reserved_ports =\n';

  expect(parseEntries(text, FILE)).toEqual([
    { key: 'log_dir', value: '/srv/a=b', line: 3 },
    { key: 'backend', value: 'nftables', line: 5 },
    { key: 'reserved_ports', value: '', line: 6 },
  ]);
});

test('a comment begins with # or ; at the start of a line or after white space, and nowhere else', () => {
  const text = [
    '; one',
    '   # two = 2',
    '[praas] # three',
    'a = 1 # four ; five',
    'b = 2\t;six',
    'c = /srv/x#7;8',
    'd =#nine',
    'e = # ten',
    '#f = 1',
  ].join('\n');

  expect(parseEntries(text, FILE).map(({ key, value }) => [key, value])).toEqual([
    ['a', '1'],
    ['b', '2'],
    ['c', '/srv/x#7;8'],
    ['d', '#nine'],
    ['e', ''],
  ]);
});

test('a comment glued to a number is no number, and the error says what is missing', async () => {
  const error = await errorOf(load(['[praas]', 'port_app = 3000#x']));

  expect(error.message).toBe(
    `${FILE}:2: port_app is 3000#x; allowed: a whole number from 1 to 65535 (a comment needs a blank in front of it)`,
  );
});

test.each([
  ['CRLF', '[praas]\r\nport_app = 1\r\n\r\nbackend = nftables\r\n'],
  ['CR', '[praas]\rport_app = 1\r\rbackend = nftables\r'],
  ['LF without the last one', '[praas]\nport_app = 1\n\nbackend = nftables'],
  ['a byte order mark', '\uFEFF[praas]\nport_app = 1\n\nbackend = nftables\n'],
])('lines are counted alike with %s', async (_, text) => {
  const { config, settings } = await loadText(text);

  expect(config).toMatchObject({ port_app: 1, backend: 'nftables' });
  expect(settings.filter(({ source }) => source !== 'default').map(({ source }) => source)).toEqual([
    `${FILE}:2`,
    `${FILE}:4`,
  ]);
});

test.each(['', '\n\n', '# nothing\n', '[praas]\n', '\uFEFF'])('%j sets nothing and is no error', async (text) => {
  const { settings } = await loadText(text);

  expect(settings.every(({ source }) => source === 'default')).toBe(true);
});

test('[praas] may be opened again', async () => {
  const { config } = await load(['[praas]', 'port_app = 1', '[ praas ]', 'backend = nftables']);

  expect(config).toMatchObject({ port_app: 1, backend: 'nftables' });
});

const ALLOWED_LINE = '[praas], key = value, or a comment that begins with # or ;';

test.each([
  [['[DEFAULT]'], '1: found the section [DEFAULT]; allowed: the section [praas]'],
  [['[praas]', '[]'], '2: found the section [empty]; allowed: the section [praas]'],
  [['[Praas]'], '1: found the section [Praas]; allowed: the section [praas]'],
  [['[praas]', 'port_app 3000 # x'], `2: found port_app 3000; allowed: ${ALLOWED_LINE}`],
  [['[praas]', 'port_app: 3000'], `2: found port_app: 3000; allowed: ${ALLOWED_LINE}`],
  [['[praas]', ' = 3000'], `2: found = 3000; allowed: ${ALLOWED_LINE}`],
  [['[praas'], `1: found [praas; allowed: ${ALLOWED_LINE}`],
  [['[praas] port_app = 3000'], `1: found [praas] port_app = 3000; allowed: ${ALLOWED_LINE}`],
  [
    ['# x', 'port_app = 3000', '[praas]'],
    '2: found the key port_app in front of any section; allowed: keys below [praas]',
  ],
  [
    ['[praas]', 'port_app = 1', '', 'port_app = 1'],
    '4: found the key port_app again (line 2 has it); allowed: each key once',
  ],
  [['[praas]', 'state_dir = /srv/\uFFFD'], '2: found bytes that are not UTF-8; allowed: UTF-8'],
])('%j is refused with its line', async (lines, text) => {
  const error = await errorOf(load(lines));

  expect(error).toMatchObject({ code: 'CONFIG_SYNTAX', kind: 'Invalid', message: `${FILE}:${text}` });
});

test('a comment in another encoding does no harm', async () => {
  const { config } = await load(['[praas]', 'port_app = 1 # caf\uFFFD']);

  expect(config.port_app).toBe(1);
});

test('what is shown of a bad line is short and cannot steer a terminal', async () => {
  const steering = await errorOf(load(['[praas]', 'backend = \u001b[2Jnft\u202e']));
  const long = await errorOf(load(['[praas]', '💥'.repeat(81)]));

  expect(steering.message).toBe(`${FILE}:2: backend is \\u{1b}[2Jnft\\u{202e}; allowed: iptables or nftables`);
  expect(long.message).toBe(`${FILE}:2: found ${'💥'.repeat(80)}…; allowed: ${ALLOWED_LINE}`);
});
