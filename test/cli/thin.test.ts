// The same command lines, answered by the thin client or by oclif: same output, same exit code. The daemon is one of ours that
// says what each test wants; only the thin client asks it to close the connection.
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Ended, EXECUTABLE, type Shell, testShell, waitUntil } from '../support/executable.ts';
import { idOf, MAPPING, NOW } from '../support/samples.ts';

/** A variable with which oclif answers every line, and says no more than otherwise. */
const OCLIF = { DEBUG: 'nothing' };

const view = (changes: object = {}): object => ({ ...MAPPING, status: 'ACTIVE', counters: null, ...changes });
const SECOND = view({
  id: idOf(2),
  name: '東京 "a"',
  router_port: 4001,
  allowed_cidrs: ['192.0.2.0/24', '198.51.100.7/32'],
});
const COUNTED = view({ id: idOf(3), counters: { packets: 7, bytes: 420, last_hit_at: NOW } });
const LONG = view({ id: idOf(4), name: 'a name that is too long for a narrow terminal', description: 'x, "y"; z' });
const DOWN = view({
  id: idOf(5),
  status: 'DOWN',
  status_code: 'DISABLED',
  status_reason: 'disabled',
  suspension: { reason: { code: 'SERVER_OFF', facts: { server: 'web', ports: ['a', 'b'] } }, rules_removed: false },
});
const ALL = [view(), SECOND, COUNTED, LONG, DOWN];
const router = (namespace: string, gateway_ips: readonly string[]): object => ({
  router_id: namespace,
  name: null,
  project_id: null,
  namespace,
  gateway_ips,
  mappings: 0,
  free_ports: { tcp: 100, udp: 101 },
  used_ports: { tcp: 1, udp: 0 },
});
const { counters: _, ...past } = view() as { counters: unknown };
const EVENT = {
  id: 1,
  at: NOW,
  type: 'created',
  mapping_id: MAPPING.id,
  router_id: MAPPING.router_id,
  project_id: null,
  by: { kind: 'operator', name: 'root' },
  reason: '',
  reason_code: null,
  request_id: 'r',
  before: {},
  mapping: past,
};
const CHANGED = { ...EVENT, id: 2, type: 'updated', before: { name: 'old', allowed_cidrs: [], suspension: null } };
const FAILURE = {
  request_id: 'r',
  code: 'praas.mapping_not_found',
  detail: 'mapping x not found',
  next_steps: ['Look.'],
  facts: { id: 'x' },
};

/** What the daemon answers, by the path of the request without its query. */
type Answers = Readonly<Record<string, string>>;
const http = (body: string, status = '200 OK', headers: readonly string[] = []): string =>
  [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    body,
  ].join('\r\n');
const json = (value: unknown): string => http(JSON.stringify(value));
const list = (mappings: readonly unknown[], failures: readonly unknown[] = []): string => json({ mappings, failures });
const USUAL: Answers = {
  '/v1/mappings': list(ALL),
  [`/v1/mappings/${idOf(1)}`]: json({ mapping: ALL[0], warnings: [] }),
  '/v1/mappings/00000005': json({ mapping: DOWN, warnings: [] }),
  '/v1/routers': json({ routers: [router('edge', ['203.0.113.10']), router('ovnmeta-1', [])], failures: [] }),
  '/v1/events': json({ events: [EVENT, CHANGED] }),
};

let shell: Shell;
let oclif: Shell;
let daemon: Server;
let answers: Answers;
/** Requests of the thin client. */
let thin: number;
/** What the last requests asked for. */
let asked: string[];

beforeAll(async () => {
  shell = testShell();
  oclif = shell.with({ env: OCLIF });
  daemon = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (/\r\nconnection: close\r\n/i.test(data.toString())) thin += 1;
      const target = data.toString().split(' ')[1] ?? '';
      asked.push(target);
      const answer = answers[target.split('?')[0] ?? ''] ?? http('{}', '404 Not Found');
      if (answer === 'nothing') return;
      socket.end(answer);
    });
  });
  await once(daemon.listen(join(shell.directory, 'praas.sock')), 'listening');
});
afterAll(() => {
  daemon.close();
  shell.remove();
});
beforeEach(() => {
  answers = USUAL;
  thin = 0;
  asked = [];
});

/** Runs the line both ways. The outcomes must be the same. */
async function both(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const first = await shell.with({ env }).run(...words);
  const requests = asked.splice(0);
  const second = await shell.with({ env: { ...env, ...OCLIF } }).run(...words);

  expect({ words, ...first }).toEqual({ words, ...second });
  asked = requests;
  return first;
}

const ANSWERED: readonly (readonly string[])[] = [
  ['pat', 'list'],
  ...['table', 'json', 'yaml', 'csv', 'value'].map((format) => ['pat', 'list', '-f', format]),
  ['pat', 'list', '--format=json', '-c', 'ID', '-c', 'router_port'],
  ['pat', 'list', '-c', 'Router Port', '--column', 'Suspension', '--column=Packets'],
  ['pat', 'list', '--json'],
  ['pat', 'list', '--json', '-f', 'csv', '-c', 'Name'],
  ['pat', 'list', '-r', 'edge', '--status', 'ACTIVE', '--server-ip', '10.20.0.51'],
  ['pat', 'list', '--router=edge', '--server-ip=10.20.0.51'],
  ['pat', 'show', idOf(1)],
  ['pat', 'show', '00000005'],
  ['pat', 'show', '-f', 'value', '-c', 'Status Reason', '00000005'],
  ['pat', 'show', '00000005', '--json'],
  ['router', 'list'],
  ['router', 'list', '--all', '-f', 'csv'],
  ['router', 'list', '--json'],
  ['events'],
  ['events', '--limit', '5', '--type', 'created', '-r', 'edge', '--mapping', '00000001'],
  ['events', '-f', 'json', '-c', 'Changed', '-c', 'By'],
  ['events', '--json'],
];

const LEFT: readonly (readonly string[])[] = [
  ['pat', 'list', '-fjson'],
  ['pat', 'list', '--format', 'JSON'],
  ['pat', 'list', '--format='],
  ['pat', 'list', '-f'],
  ['pat', 'list', '-f', 'json', '-f', 'csv'],
  ['pat', 'list', '--status', 'active'],
  ['pat', 'list', '--status', 'GONE'],
  ['pat', 'list', '--server-ip', '10.20.0'],
  ['pat', 'list', '-c', 'Nothing'],
  ['pat', 'list', 'more'],
  ['pat', 'list', ''],
  ['pat', 'list', '--'],
  ['pat', 'list', '--json=1'],
  ['pat', 'list', '-r', `qrouter-${idOf(9)}`],
  ['pat', 'list', '-r', 'no/router'],
  ['pat', 'list', '-h'],
  ['pat', 'list', '--url', 'http://127.0.0.1:1'],
  ['pat', 'list', '--os-cloud', 'demo'],
  ['pat', 'show'],
  ['pat', 'show', ''],
  ['pat', 'show', '../routers'],
  ['pat', 'show', idOf(1), idOf(2)],
  ['pat', 'show', 'ffff'],
  ['pat:list'],
  ['--json', 'pat', 'list'],
  ['router', 'list', '--no-all'],
  ['events', ''],
  ['events', '--limit', '0'],
  ['events', '--follow', '--json'],
  ['--version', '--json'],
  ['version'],
  [''],
  ['__proto__', 'list'],
];

describe('a line', () => {
  test.each(ANSWERED.map((words) => [words.join(' '), words] as const))(
    '%s is answered at once',
    async (_line, words) => {
      const { code, stdout } = await both(words);

      expect({ code, thin, isEmpty: stdout === '' }).toEqual({ code: 0, thin: 1, isEmpty: false });
    },
  );

  test.each(LEFT.map((words) => [words.join(' '), words] as const))('%s is answered by oclif', async (_line, words) => {
    await both(words);

    expect(thin).toBe(words.at(-1) === 'ffff' ? 1 : 0);
  });

  test('with --version says the same', async () => {
    expect(await both(['--version'])).toMatchObject({ code: 0, stderr: '' });
    expect(await shell.with({ env: { PRAAS_BACKEND: 'x' } }).run('--version')).toMatchObject({ code: 0 });
  });

  test('asks for what its options say', async () => {
    await both(['events', '--limit', '5', '--type', 'created', '-r', 'edge', '--mapping', '00000001']);

    expect(Object.fromEntries(new URL(`http://x${asked[0]}`).searchParams)).toEqual({
      limit: '5',
      type: 'created',
      router_id: 'edge',
      mapping_id: '00000001',
    });
  });
});

describe('an answer', () => {
  const { name: _name, ...nameless } = view() as { name: string };
  const shuffled = Object.fromEntries(Object.entries(view()).toReversed());
  const odd: Readonly<Record<string, string>> = {
    'without mappings': list([]),
    'with its fields in another order': list([shuffled]),
    'with a field that nobody knows': list([view({ later: 1 })]),
    'with failures': list(ALL, [FAILURE]),
    'without a field': list([nameless]),
    'with text for a number': list([view({ router_port: '22' })]),
    'with a number that is none': list([view({ router_port: 70_000 })]),
    'with an address that is none': list([view({ server_ip: '10.20.0.999' })]),
    'with an ID that is none': list([view({ id: 'x' })]),
    'with control characters': list([view({ status_reason: 'a\u001b[31mb\u009bc\nd' })]),
    'with raw controls': http(JSON.stringify({ mappings: [view({ status_reason: 'a\u009bc\u007f' })], failures: [] })),
    'with half a character': http(
      `{"mappings":[${JSON.stringify(view()).replace('"name":""', '"name":"\\ud800"')}],"failures":[]}`,
    ),
    'with a list of something else': list([7]),
    'that is not JSON': http('<html>'),
    'that is no object': http('null'),
    'with an error': http(JSON.stringify({ errors: [FAILURE] }), '404 Not Found'),
    'with a redirect': http('', '302 Found', ['Location: http://192.0.2.1/']),
    'in chunks': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n{"mappings":[],"failures":[]}  \r\n0\r\n\r\n`,
    'that is cut': list(ALL).slice(0, -10),
    'that is empty': '',
    'that is not HTTP': 'SSH-2.0-OpenSSH_9.2\r\n',
  };

  test.each(Object.entries(odd))('%s comes out the same', async (_what, answer) => {
    answers = { '/v1/mappings': answer };

    await both(['pat', 'list']);
    await both(['pat', 'list', '--json']);
  });

  test('without mappings of a router ends with a warning', async () => {
    answers = {
      '/v1/mappings': list([]),
      '/v1/routers/edge': http(JSON.stringify({ errors: [FAILURE] }), '404 Not Found'),
    };

    await both(['pat', 'list', '-r', 'edge']);
  });
});

describe('the surroundings', () => {
  test('a variable that stands for an option counts', async () => {
    expect((await both(['pat', 'list'], { PRAAS_FORMAT: 'value' })).stdout).not.toContain('+--');
    await both(['pat', 'list'], { PRAAS_ROUTER: 'edge' });
    await both(['pat', 'list'], { PRAAS_URL: 'http://127.0.0.1:1' });
  });

  test('a wrong setting is an error, and the file named by --config is read', async () => {
    const other = join(shell.directory, 'other.conf');
    writeFileSync(other, '[praas]\nbackend = nothing\n');

    expect((await both(['pat', 'list'], { PRAAS_BACKEND: 'nothing' })).code).toBe(1);
    expect((await both(['pat', 'list', '--config', other])).code).toBe(1);
    expect((await both(['pat', 'list', '--config', join(shell.directory, 'none.conf')])).code).toBe(1);
    writeFileSync(other, '# a comment\n[praas]\nbackend = nftables ; another\n');
    expect((await both(['pat', 'list', '--config', other])).code).toBe(0);
    expect(thin).toBe(1);
  });

  test('without a daemon the store is read', async () => {
    const none = { PRAAS_SOCKET_PATH: join(shell.directory, 'none.sock') };
    const dead = join(shell.directory, 'dead.sock');
    writeFileSync(dead, '');

    for (const words of [
      ['pat', 'list'],
      ['pat', 'list', '--json'],
      ['pat', 'show', 'ffff'],
    ])
      await both(words, none);
    await both(['pat', 'list'], { PRAAS_SOCKET_PATH: dead });
  });

  test('colours change nothing', async () => {
    await both(['pat', 'list'], { FORCE_COLOR: '1', COLUMNS: '40' });
    await both(['pat', 'list'], { NO_COLOR: '1', TERM: 'dumb' });
  });

  test('a terminal gets a table that fits it', async () => {
    for (const words of [['pat', 'list'], ['pat', 'show', '00000005'], ['pat', 'list', '-f', 'csv'], ['--version']]) {
      expect(await shell.onTerminal([], ...words)).toEqual(await oclif.onTerminal([], ...words));
    }
  });
});

describe('the output', () => {
  /** What the shell says of a line in which praas is `$P`. */
  async function line(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const wrapper = ['sh', '-c', script.replaceAll('$P ', `${EXECUTABLE} `)];
    return shell.with({ env, wrapper }).run();
  }

  test.each([
    ['a reader that stops', '($P pat list; echo "code $?" >&2) | head -c 10'],
    ['a reader that is gone', '(sleep 0.3; $P pat list; echo "code $?" >&2) | true'],
    ['a full disk', '$P pat list >/dev/full'],
    ['a full disk, for the version', '$P --version >/dev/full'],
    ['a closed output', '$P pat list >&-'],
    ['a slow reader', '$P pat list --json | (sleep 0.3; cat)'],
    ['a file', '$P pat list >$PRAAS_LOG_DIR.txt; cat $PRAAS_LOG_DIR.txt'],
  ])('to %s comes out the same', async (_what, script) => {
    // More than a pipe holds.
    const many = Array.from({ length: 400 }, (_mapping, index) =>
      view({ id: idOf(index + 1), router_port: 4000 + index }),
    );
    answers = { '/v1/mappings': list(many) };
    mkdirSync(dirname(join(shell.directory, 'log')), { recursive: true });

    expect(await line(script)).toEqual(await line(script, OCLIF));
    rmSync(join(shell.directory, 'log.txt'), { force: true });
  });
});

describe('a signal', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s while the daemon is silent ends both the same way', async (signal) => {
    answers = { '/v1/mappings': 'nothing' };
    const interrupted = async (from: Shell): Promise<Ended> => {
      asked = [];
      const { process, ended } = from.start('pat', 'list');
      await waitUntil(async () => asked.length > 0);
      process.kill(signal);
      return ended;
    };

    const ended = await interrupted(shell);
    expect(ended).toEqual(await interrupted(oclif));
    expect(ended.stderr).not.toBe('');
  });
});
