/** The syntax of praas.conf, and what its errors say. */
import { expect, test } from '@jest/globals';
import { type EntryLine, parseLines } from '../../../src/system/config/parser.ts';
import { errorOf, FILE, load, loadText } from '../../support/config.ts';

const entriesOf = (text: string): EntryLine[] => [...parseLines(text, FILE)].filter((line) => line.kind === 'entry');

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
  const set = settings.filter(({ source }) => source !== 'default');
  expect(set.map(({ key, value, source, old_name }) => [key, value, source, old_name])).toEqual([
    ['port_app', '3000', `${FILE}:3`, null],
    ['router_port_range', '4000:4100', `${FILE}:4`, null],
    ['second_monitoring', '30', `${FILE}:5`, null],
  ]);
});

test('sections and entries come with their line, in their order', () => {
  const text = '\n[praas]\n  log_dir=/srv/a=b  \n\n\tbackend\t=\tnftables\n [ toy ] # x\n size =\n';

  expect([...parseLines(text, FILE)]).toEqual([
    { kind: 'section', name: 'praas', line: 2 },
    { kind: 'entry', key: 'log_dir', value: '/srv/a=b', line: 3 },
    { kind: 'entry', key: 'backend', value: 'nftables', line: 5 },
    { kind: 'section', name: 'toy', line: 6 },
    { kind: 'entry', key: 'size', value: '', line: 7 },
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

  expect(entriesOf(text).map(({ key, value }) => [key, value])).toEqual([
    ['a', '1'],
    ['b', '2'],
    ['c', '/srv/x#7;8'],
    ['d', '#nine'],
    ['e', ''],
  ]);
});

test('a comment glued to a number is no number, and the error names what is missing', async () => {
  const error = await errorOf(load(['[praas]', 'port_app = 3000#x']));

  expect(error).toMatchObject({ code: 'CONFIG_INVALID', facts: { where: `${FILE}:2`, found: '3000#x' } });
  expect(error.facts['allowed']).toMatch(/a comment needs a space/);
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

const A_LINE = { allowed: expect.stringContaining('key = value') };

test.each<[readonly string[], number, string, object]>([
  [['[DEFAULT]'], 1, '[DEFAULT]', { allowed: '[praas]' }],
  [['[praas]', '[]'], 2, '[]', { allowed: '[praas]' }],
  [['[Praas]'], 1, '[Praas]', { nearest: '[praas]' }],
  [['[pras]'], 1, '[pras]', { nearest: '[praas]' }],
  [['[praas]', 'port_app 3000 # x'], 2, 'unreadable line', A_LINE],
  [['[praas]', 'port_app: 3000'], 2, 'unreadable line', A_LINE],
  [['[praas]', ' = 3000'], 2, 'unreadable line', A_LINE],
  [['[praas'], 1, 'unreadable line', A_LINE],
  [['[praas] port_app = 3000'], 1, 'unreadable line', A_LINE],
  [['# x', 'port_app = 3000', '[praas]'], 2, 'port_app', { belongs_to: '[praas]' }],
  [['colour = 3000', '[praas]'], 1, 'colour', { allowed: 'keys below [praas]' }],
  [['[praas]', 'port_app = 1', '', 'port_app = 1'], 4, 'port_app (line 2', { allowed: 'each key once' }],
  [['[praas]', 'state_dir = /srv/\uFFFD'], 2, 'UTF-8', { allowed: 'UTF-8' }],
])('%j is refused with its line', async (lines, line, found, expected) => {
  const error = await errorOf(load(lines));

  expect(error).toMatchObject({ code: 'CONFIG_SYNTAX', kind: 'Invalid' });
  expect(error.facts).toEqual({ where: `${FILE}:${line}`, found: expect.stringContaining(found), ...expected });
});

test('the first wrong line is the one that is named', async () => {
  const unknownFirst = await errorOf(load(['[praas]', 'colour = 1', '[nothing]', 'no line']));
  const sectionFirst = await errorOf(load(['[nothing]', 'no line', 'colour = 1']));
  const valueFirst = await errorOf(load(['[praas]', 'port_app = 0', 'no line']));

  expect(unknownFirst.facts['where']).toBe(`${FILE}:2`);
  expect(sectionFirst.facts['where']).toBe(`${FILE}:1`);
  expect(valueFirst).toMatchObject({ code: 'CONFIG_INVALID', facts: { where: `${FILE}:2` } });
});

test('a comment in another encoding does no harm', async () => {
  const { config } = await load(['[praas]', 'port_app = 1 # caf\uFFFD']);

  expect(config.port_app).toBe(1);
});

test('what is shown of a bad line is short and cannot steer a terminal', async () => {
  const steering = await errorOf(load(['[praas]', 'backend = \u001b[2Jnft\u202e']));
  const long = await errorOf(load(['[praas]', `backend = ${'💥'.repeat(81)}`]));

  expect(steering.facts).toMatchObject({ where: `${FILE}:2`, found: '\\u{1b}[2Jnft\\u{202e}' });
  expect(steering.message).toContain('\\u{1b}[2Jnft\\u{202e}');
  expect(long.facts).toMatchObject({ where: `${FILE}:2`, found: `${'💥'.repeat(80)}…` });
});

test.each([
  'notifications rabbit://u:s3cret@mq',
  'rabbit://u:s3cret@mq',
  'rabbit://u:s3cret=x@mq',
  '[rabbit://u:s3cret@mq]',
  'backend = rabbit://u:s3cret@mq/',
  'state_dir = http://u:a/s3cret,@x@mq',
  'notifications = amqp://u:s3cret@mq',
  'notifications = s3cret',
  'notifications = "rabbit://u:s3cret@mq/"',
  'notifications = rabbit://u:s3cret #@mq/?ssl=x',
])('a password is not quoted: %s', async (line) => {
  for (const lines of [
    ['[praas]', line],
    ['[praas]', 'notifications =', `  ${line}`],
  ]) {
    const error = await errorOf(load(lines));
    expect(error.facts['where']).toMatch(/:[23]$/);
    expect(JSON.stringify([error.message, error.facts])).not.toContain('s3cret');
  }
});
