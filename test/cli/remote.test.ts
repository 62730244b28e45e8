// The same command line, whichever process does the work: this process, the node's daemon over its socket, or a daemon over HTTP.
// Same words, same output, same exit code.
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Connection } from '../../src/pat/plan/connection.ts';
import { answer, certificate, type Respond, type TestServer, testServer } from '../pat/client/support.ts';
import { printedError } from '../support/error-facts.ts';
import { type Ended, type Running, type Shell, testShell, waitUntil } from '../support/executable.ts';
import { MAPPING } from '../support/samples.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

/** Neither root nor a user who may read this node's praas.conf. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const EVERY_ID = /[0-9a-f]{8}-[0-9a-f]{4}-[48][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

describe('a daemon', () => {
  let world: TestWorld;
  let shell: Shell;
  let direct: Shell;
  let socket: Shell;
  let http: Shell;
  let daemon: Running;
  let url: string;

  beforeAll(async () => {
    world = await testWorld({ router: 'plain' });
    shell = testShell();
    const PRAAS_NETNS_DIR = join(shell.directory, 'netns');
    mkdirSync(PRAAS_NETNS_DIR);
    symlinkSync(`/run/netns/${world.namespace}`, join(PRAAS_NETNS_DIR, world.namespace));
    const alone = (name: string): Record<string, string> => ({
      PRAAS_NETNS_DIR,
      PRAAS_STATE_DIR: join(shell.directory, name),
      PRAAS_SOCKET_PATH: join(shell.directory, 'none.sock'),
    });
    // The first change of a router makes its chains; that is no difference between them.
    const before = shell.with({ env: alone('before') });
    await before.ok('pat', 'delete', (await before.json('pat', 'create', ...target(), '-p', '22')).id);
    direct = shell.with({ env: alone('other') });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    socket = shell.with({ env: { PRAAS_NETNS_DIR, PRAAS_PORT_APP: String(port) } });
    daemon = await serve(socket);
    const { token } = await socket.json<{ token: string }>('token', 'create', '--name', 'ci', '--role', 'admin');
    http = shell.with({
      env: { PRAAS_URL: url, PRAAS_TOKEN: token },
      wrapper: NOBODY,
    });
  });
  afterAll(async () => {
    daemon?.process.kill('SIGTERM');
    await daemon?.ended;
    shell?.remove();
    await world?.remove();
  });

  const target = (): string[] => ['-r', world.router_id, '--server-ip', '10.20.0.51'];

  /** Runs praas through all its commands, good and bad, and gives all that was said. */
  async function life(praas: Shell): Promise<string> {
    let transcript = '';
    const say = async (...words: readonly string[]): Promise<Ended> => {
      const ended = await praas.run(...words);
      transcript += `$ praas ${words.join(' ')}\n${ended.stdout}${ended.stderr}= ${ended.code}\n`;
      return ended;
    };
    const full = ['--name', 'ü "x"', '--allow', '192.0.2.7', '--expires', '2033-01-31', '--masquerade', 'never'];
    await say('pat', 'create', ...target(), '-p', '80', '--router-port', '4001', '--dry-run');
    await say('pat', 'create', ...target(), '-p', '80', '--router-port', '4001', '--dry-run', '-f', 'json');
    const { id } = JSON.parse(
      (await say('pat', 'create', ...target(), '-p', '22', '--router-port', '4000', '--json')).stdout,
    );
    await say(
      'pat',
      'create',
      ...target(),
      '-p',
      '53',
      '--protocol',
      'udp',
      '--router-port',
      '4053',
      '--disable',
      ...full,
    );
    await say('pat', 'create', ...target(), '-p', '80', '--router-port', '4000');
    await say('pat', 'create', ...target(), '-p', '80', '--router-port', '9697', '--json');
    await say('pat', 'create', '-r', 'nowhere', '--server-ip', '10.20.0.51', '-p', '22');
    await say('pat', 'create', '-r', world.router_id, '--server-ip', '192.0.2.1', '-p', '22');
    for (const format of ['table', 'csv', 'value', 'json', 'yaml']) await say('pat', 'list', '-f', format);
    await say('pat', 'list', '--json', '--status', 'DOWN');
    await say('pat', 'list', '--router', 'nowhere');
    await say('pat', 'list', '--router', world.router_id, '--server-ip', '10.20.0.99');
    await say('pat', 'show', id.slice(0, 8));
    await say('pat', 'show', 'ffffffff', '--json');
    await say('pat', 'show', '');
    await say('pat', 'update', id, '--router-port', '4050', '--dry-run');
    await say('pat', 'update', id, '--router-port', '4050', '--allow', '192.0.2.0/24');
    await say('pat', 'update', id, '--dry-run', '--name', 'x', '-f', 'yaml');
    await say('pat', 'update', id);
    await say('pat', 'update', 'ffffffff', '--disable');
    await say('pat', 'connections', id);
    await say('pat', 'connections', 'ffffffff');
    await say('router', 'list', '-c', 'Namespace', '-c', 'Used TCP Ports', '-c', 'Used UDP Ports');
    await say('router', 'show', world.router_id);
    await say('router', 'show', world.router_id, '--json');
    await say('router', 'show', 'nowhere');
    await say('router', 'sync', world.router_id);
    await say('router', 'sync', world.router_id, '--dry-run', '--json');
    await say('router', 'sync', 'nowhere');
    await say('pat', 'delete', id, 'ffffffff');
    await say('pat', 'delete', id, '--dry-run');
    await say('pat', 'delete', id);
    await say('pat', 'delete', '--router', world.router_id, '--all', '--yes', '--json');
    await say('pat', 'delete', '--router', 'nowhere', '--all', '--yes');
    await say('pat', 'delete', '--router', world.router_id, '--all', '--dry-run');
    return settled(transcript);
  }

  /** What differs from run to run, what only a daemon knows, and the order in which rules go that stood beside one another. */
  function settled(transcript: string): string {
    const seen: string[] = [];
    return transcript
      .replaceAll(EVERY_ID, (id) => {
        if (!seen.includes(id)) seen.push(id);
        return `00000000-0000-4000-8000-${String(seen.indexOf(id)).padStart(12, '0')}`;
      })
      .replaceAll(new RegExp(`\\b(${seen.map((id) => id.slice(0, 8)).join('|')})\\b(?!-)`, 'g'), '00000000')
      .replaceAll(/202\d-\d\d-\d\dT[\d:]+Z/g, '2030-01-01T00:00:00Z')
      .replaceAll(/"counters": \{[^}]*\}/g, '"counters": null')
      .replaceAll(/counters:\n(?: +(?:packets|bytes|last_hit_at): .*\n)+/g, 'counters: null\n')
      .replaceAll(/(?:^-D .*\n)+/gm, (rules) => `${rules.trimEnd().split('\n').toSorted().join('\n')}\n`)
      .replaceAll(/^(\| (?:Packets|Bytes|Last Hit) .*|(?:Packets|Bytes|Last Hit): .*)\n/gm, '');
  }

  test('prints over its socket and over HTTP, without root, what praas prints itself', async () => {
    const alone = await life(direct);
    const before = alone.split('\n');

    expect((await life(socket)).split('\n')).toEqual(before);
    expect((await life(http)).split('\n')).toEqual(before);
    expect(before.filter((line) => line === '= 1').length).toBeGreaterThan(5);
    expect(alone).toMatch(/^\$ praas pat delete --router nowhere --all --yes\n.*\bnowhere\b.*\n= 0$/m);
    expect(alone.match(/^Warning: router .*/gm)).toEqual([expect.stringContaining('router nowhere ')]);
    // Only a bug asks to be run again with DEBUG=1.
    expect(alone).not.toContain('DEBUG=1');
  });

  test('knows the connections of a mapping, and their number', async () => {
    await world.web.listen({ protocol: 'tcp', port: 80 });
    const { id, gateway_ip, router_port } = await http.json('pat', 'create', ...target(), '-p', '80');
    const opened = await world.client.open({ protocol: 'tcp', address: gateway_ip, port: router_port });

    expect(opened).toHaveProperty('greeting.reply');
    const through = await http.json<Connection[]>('pat', 'connections', id);
    expect(through).toEqual([
      {
        protocol: 'tcp',
        source_ip: '203.0.113.2',
        source_port: expect.any(Number),
        server_ip: '10.20.0.51',
        server_port: 80,
        state: 'ESTABLISHED',
      },
    ]);
    const words = ['pat', 'connections', id, '-f', 'value', '-c', 'State', '-c', 'source port'];
    expect(await socket.ok(...words)).toBe(`ESTABLISHED ${through[0]?.source_port}\n`);
    // The counters are as of the last look at the rules.
    await http.ok('router', 'sync', world.router_id);
    expect(await http.ok('pat', 'show', id, '-f', 'value', '-c', 'Packets')).toBe('1\n');
    await http.ok('pat', 'delete', id);
  });

  test('is refused to users who may not open its socket, and is not bypassed', async () => {
    const nobody = socket.with({ wrapper: NOBODY, env: { PRAAS_CONFIG: '/dev/null' } });

    for (const command of ['list', 'connections']) {
      const words = ['pat', command, ...(command === 'list' ? [] : ['0'])];
      const { code, stderr } = await nobody.run(...words);
      expect([code, stderr]).toEqual([1, printedError('NOT_PERMITTED', { what: `praas pat ${command}` })]);
    }
  });

  test('is asked with the token that counts', async () => {
    const unauthenticated = (reason: string): string =>
      printedError('UNAUTHENTICATED', { reason }).split('\n')[0] ?? '';
    const refused = [1, unauthenticated('the token is not valid')];
    const told = async (env: Readonly<Record<string, string>>, ...words: readonly string[]) => {
      const { code, stderr } = await http.with({ env, wrapper: [] }).run('router', 'list', ...words);
      return [code, stderr.split('\n')[0]];
    };
    const wrong = join(shell.directory, 'wrong');
    writeFileSync(wrong, 'praas_wrong\n');

    expect(await told({ PRAAS_TOKEN: '' })).toEqual([1, unauthenticated('no token was given')]);
    expect(await told({ PRAAS_TOKEN: 'praas_wrong' })).toEqual(refused);
    expect(await told({}, '--token-file', wrong)).toEqual(refused);
    expect(await told({ PRAAS_TOKEN_FILE: wrong })).toEqual(refused);
    expect(await told({})).toEqual([0, '']);
  });

  test('that was killed is gone: praas works by itself again, on the same mappings, until it is back', async () => {
    const { id } = await socket.json('pat', 'create', ...target(), '-p', '80');
    daemon.process.kill('SIGKILL');
    await daemon.ended;

    expect(existsSync(join(shell.directory, 'praas.sock'))).toBe(true);
    expect(await socket.json('pat', 'show', id)).toMatchObject({ id, counters: null });
    expect(await http.run('pat', 'show', id)).toMatchObject({
      code: 1,
      stderr: printedError('DAEMON_UNREACHABLE', { url, reason: 'connection refused' }),
    });
    await socket.ok('pat', 'update', id, '--name', 'by hand');

    daemon = await serve(socket);
    expect(await http.json('pat', 'show', id)).toMatchObject({ name: 'by hand', counters: { bytes: 0 } });
    await socket.ok('pat', 'delete', id);
  });
});

describe('what answers at an address', () => {
  const VIEW = { ...MAPPING, counters: null };
  let shell: Shell;
  let server: TestServer | undefined;

  beforeAll(() => {
    shell = testShell();
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  afterAll(() => shell?.remove());

  const fine: Respond = (response) => answer(response, 200, { mapping: VIEW, warnings: [] });

  test('is asked over TLS when --cacert vouches for it, with the token of the file', async () => {
    const tls = certificate('localhost', shell.directory);
    server = await testServer(fine, { tls });
    const file = join(shell.directory, 'token');
    writeFileSync(file, ' praas_secret\n');
    const words = ['pat', 'show', '00000001', '-f', 'value', '-c', 'ID', '--url', `${server.url}/`];

    expect(await shell.ok(...words, '--cacert', tls.path, '--token-file', file)).toBe(`${VIEW.id}\n`);
    expect(server.asked[0]).toMatchObject({
      url: '/v1/mappings/00000001',
      headers: { 'x-auth-token': 'praas_secret', 'user-agent': 'praas' },
    });
    const { code, stderr } = await shell.run(...words, '--token-file', file);
    expect(code).toBe(1);
    expect(stderr).toContain('(see --cacert)\n');
    expect(server.asked).toHaveLength(1);
  });

  test('on the socket and is no PAT agent is an error, and nothing is done beside it', async () => {
    server = await testServer((response) => response.writeHead(200).end('hello'), {
      path: join(shell.directory, 'praas.sock'),
    });

    const ended = await shell.run('pat', 'create', '-r', 'edge', '--server-ip', '10.20.0.51', '-p', '22', '--json');

    expect(ended).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(ended.stdout).error).toMatchObject({ code: 'DAEMON_BAD_RESPONSE', facts: { url: server.url } });
    expect(existsSync(shell.state_dir)).toBe(false);
    expect(server.asked).toHaveLength(1);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'and takes its time is no longer waited for after %s; the change may have been made',
    async (signal, code) => {
      server = await testServer(() => undefined);
      const { url, asked } = server;

      const waiting = shell.start('pat', 'update', '00000001', '--name', 'x', '--url', url);
      await waitUntil(() => asked.length > 0);
      waiting.process.kill(signal);

      const ended = await waiting.ended;
      expect(ended).toMatchObject({ code, stdout: '' });
      expect(ended.stderr).toBe(printedError('INTERRUPTED', { signal_number: code - 128, may_have_changed: true }));
    },
  );

  test('gets a creation again, with the same key, when the connection breaks', async () => {
    server = await testServer((response, asked, before) => {
      if (before === 0) response.destroy();
      else fine(response, asked, before);
    });

    const words = ['pat', 'create', '-r', 'edge', '--server-ip', '10.20.0.51', '-p', '22', '--url', server.url];
    expect(await shell.json(...words)).toEqual(VIEW);

    const [first, second] = server.asked.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(EVERY_ID);
    expect(second).toBe(first);
  });

  test('is asked without this node being looked at: neither its praas.conf nor root is needed', async () => {
    server = await testServer((response) => answer(response, 200, { routers: [], failures: [] }));
    const elsewhere = shell.with({ env: { PRAAS_CONFIG: '/no/such/file', PRAAS_URL: server.url }, wrapper: NOBODY });

    expect(await elsewhere.ok('router', 'list', '-f', 'json')).toBe('[]\n');
  });

  const url = ['--url', 'http://127.0.0.1:1'];
  const secret = 'praas_secret\u00e9';
  test.each([
    [['--url', 'node:3000'], {}, '--url: "node:3000" is not a URL such as https://node:3000'],
    [['--url', 'http://me:pw@node'], {}, '--url: "http://me:pw@node" is not a URL such as https://node:3000'],
    [['--url', 'http://node/?a'], {}, '--url: "http://node/?a" is not a URL such as https://node:3000'],
    [[], { PRAAS_URL: 'ftp://node' }, '--url: "ftp://node" is not a URL such as https://node:3000'],
    [[...url, '--token-file', '/no/file'], {}, '--token-file: cannot read /no/file: no such file or directory'],
    [[...url, '--cacert', '/'], {}, '--cacert: cannot read /: illegal operation on a directory'],
    [[...url, '--token-file', '/dev/null'], {}, '--token-file: no token found'],
    [url, { PRAAS_TOKEN: secret }, 'PRAAS_TOKEN is not a token; allowed: printable ASCII without spaces'],
  ])('%j with %j is wrong usage', async (words, env: Record<string, string>, text) => {
    expect(await shell.with({ env }).run('pat', 'list', ...words)).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: ${text}\n  Run with --help for usage.\n`,
    });
  });
});

/** Starts `praas serve` and waits until it listens and has looked after its routers. */
async function serve(shell: Shell): Promise<Running> {
  const running = shell.start('serve');
  let said = '';
  running.process.stdout?.on('data', (text: string) => {
    said += text;
  });
  const over = running.ended.then(({ code, stderr }) => {
    throw new Error(`praas serve ended with ${code} before it was ready\n${said}${stderr}`);
  });
  over.catch(() => undefined);
  await Promise.race([waitUntil(() => said.includes('listener started') && said.includes('ready')), over]);
  return running;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
