/** How the daemon begins, changes its mind and ends: what an operator and systemd rely on. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MappingView } from '../../src/pat/mapping/view.ts';
import { TestDaemon } from '../support/daemon.ts';
import { printedError } from '../support/error-facts.ts';
import { testShell, waitUntil, withSlowRestore } from '../support/executable.ts';
import { expectOpen, type TestWorld, testWorld } from '../support/world.ts';

let daemon: TestDaemon;
afterEach(() => daemon.remove());

interface Document {
  readonly mapping: MappingView;
}

describe('without any router', () => {
  test('it logs where it listens, also to its file, and is alive and ready', async () => {
    daemon = await TestDaemon.start();

    expect(daemon.said).toContain(`listener started address="${daemon.url}"`);
    expect(daemon.said).toContain(`listener started address="${daemon.socket_path}"`);
    expect(daemon.said).toContain('legacy API open without token legacy_api_allow=[]');
    const logged = readFileSync(join(daemon.shell.directory, 'log', 'pat-agent.log'), 'utf8');
    expect(logged).toContain(`"address":"${daemon.url}"`);
    expect((await daemon.ask('GET', '/healthz', { token: undefined })).status).toBe(200);
    expect(await daemon.ask('GET', '/readyz', { token: undefined })).toMatchObject({
      status: 200,
      body: { ready: true },
    });
  });

  test('every answer has a request id, and the log has it too', async () => {
    daemon = await TestDaemon.start();

    const { status, headers, body } = await daemon.ask('DELETE', '/v1/mappings/nothing');

    const request_id = headers.get('X-Openstack-Request-Id') ?? '';
    expect(status).toBe(404);
    expect(body).toMatchObject({ errors: [{ request_id, code: 'praas.mapping-not-found', status: 404 }] });
    const path = join(daemon.shell.directory, 'log', 'pat-agent.log');
    const logged = (): string[] =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line.includes(request_id));
    // The log is written beside the work, and may come a moment after the answer.
    await waitUntil(() => logged().length > 0);
    expect(logged()).toHaveLength(1);
  });

  test('nothing under /v1 answers without a token, and one that is revoked ends at once', async () => {
    daemon = await TestDaemon.start();
    const token = (
      await daemon.shell.ok('token', 'create', '--name', 'ci', '--role', 'reader', '-f', 'value', '-c', 'Token')
    ).trim();
    const paths = ['/v1/mappings', '/v1/routers', '/v1/nothing', '/v1'];
    const statuses = async (given: string | undefined): Promise<number[]> =>
      Promise.all(paths.map(async (path) => (await daemon.ask('GET', path, { token: given })).status));
    expect(await statuses(undefined)).toEqual([401, 401, 401, 401]);
    expect(await statuses(`${token}x`)).toEqual([401, 401, 401, 401]);
    expect(await statuses(token)).toEqual([200, 200, 404, 404]);

    await daemon.shell.ok('token', 'revoke', 'ci');

    expect(await statuses(token)).toEqual([401, 401, 401, 401]);
  });

  test('an address with too many wrong tokens is refused, but no valid token of this node, and that is counted', async () => {
    daemon = await TestDaemon.start();
    const known = await daemon.shell.ok(
      'token',
      'create',
      '--name',
      'ci',
      '--role',
      'reader',
      '-f',
      'value',
      '-c',
      'Token',
    );
    expect((await daemon.ask('GET', '/v1/mappings', { token: known.trim() })).status).toBe(200);
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++)
      statuses.push((await daemon.ask('GET', '/v1/mappings', { token: `wrong${n}` })).status);

    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    const { status, headers } = await daemon.ask('GET', '/v1/mappings', { token: 'praas_wrong' });
    expect(status).toBe(429);
    expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0);
    // A token of this node passes, whether it was seen from there before or not.
    for (const token of [known.trim(), undefined])
      expect((await daemon.ask('GET', '/v1/mappings', token === undefined ? {} : { token })).status).toBe(200);
    expect(await daemon.metric('praas_authentication_failures_total')).toBe(10);
    expect((await daemon.shell.run('pat', 'list')).code).toBe(0);
  });

  test('the limit is that of the client behind a proxy for as long as that is trusted', async () => {
    daemon = await TestDaemon.start({ settings: ['trusted_proxies = 127.0.0.0/8'] });
    const statusFor = async (client: string, token: string): Promise<number> =>
      (await daemon.ask('GET', '/v1/mappings', { token, headers: { 'X-Forwarded-For': client } })).status;
    for (let n = 0; n < 10; n++) expect(await statusFor('198.51.100.7', `wrong${n}`)).toBe(401);
    expect(await statusFor('198.51.100.7', 'wrong')).toBe(429);
    expect(await statusFor('198.51.100.8', 'wrong')).toBe(401);

    writeFileSync(daemon.shell.configPath, '[praas]\n');
    daemon.signal('SIGHUP');
    await daemon.says('configuration reloaded');

    for (let n = 0; n < 10; n++) expect(await statusFor(`192.0.2.${n}`, `wrong${n}`)).toBe(401);
    expect(await statusFor('192.0.2.99', 'wrong')).toBe(429);
  });

  test('the socket is for root alone', async () => {
    daemon = await TestDaemon.start();

    expect((statSync(daemon.socket_path).mode & 0o777).toString(8)).toBe('600');
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'curl', '-sS', '--unix-socket'];
    const [file = '', ...args] = nobody;
    expect(() =>
      execFileSync(file, [...args, daemon.socket_path, 'http://praas/v1/routers'], { stdio: 'pipe' }),
    ).toThrow();
  });

  test('a second daemon names the holder of the lock, and the first goes on', async () => {
    daemon = await TestDaemon.start();
    const { code, stderr } = await daemon.shell.with({ env: { PRAAS_PORT_APP: '1' } }).run('serve');

    expect(code).toBe(1);
    expect(stderr).toContain(join(daemon.shell.state_dir, 'lock'));
    expect(stderr).toContain(`\`praas serve\` (process ${daemon.pid}, since `);
    expect((await daemon.ask('GET', '/healthz')).status).toBe(200);
    // It still starts programs: what it needs for that is its own.
    expect((await daemon.ask<{ routers: unknown[] }>('GET', '/v1/routers')).status).toBe(200);
    expect((await daemon.ask('POST', '/v1/routers/nowhere/sync')).status).toBe(404);
    expect((await daemon.ask<{ ready: boolean }>('GET', '/readyz')).body.ready).toBe(true);
  });

  test('a port that another process has is named, and the lock is given back', async () => {
    daemon = await TestDaemon.start();
    const other = await TestDaemon.start();
    await other.stop();
    const { code, stderr } = await other.shell.with({ env: { PRAAS_PORT_APP: new URL(daemon.url).port } }).run('serve');
    await other.begin();
    await other.remove();

    expect(code).toBe(1);
    expect(stderr).toContain(printedError('LISTEN_FAILED', { where: daemon.url, reason: 'address already in use' }));
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it cleanly', async (signal) => {
    daemon = await TestDaemon.start();
    const { socket_path } = daemon;

    const { code, stdout, stderr } = await daemon.stop(signal);

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('stopped');
    expect(existsSync(socket_path)).toBe(false);
    await daemon.begin();
  });

  test('SIGTERM during the start ends it too', async () => {
    daemon = await TestDaemon.start();
    await daemon.stop();
    const starting = daemon.shell.start('serve');
    await waitUntil(() => existsSync(daemon.socket_path));
    starting.process.kill('SIGTERM');

    expect((await starting.ended).code).toBe(0);
  });

  test('SIGHUP takes a new configuration; a wrong one is reported and the old one stays', async () => {
    daemon = await TestDaemon.start({ settings: ['legacy_api_allow = 192.0.2.7'] });
    const write = (...lines: readonly string[]): void =>
      writeFileSync(daemon.shell.configPath, ['[praas]', ...lines, ''].join('\n'));
    write('legacy_api_allow = nonsense');
    daemon.signal('SIGHUP');
    await daemon.says('configuration reload failed');
    expect(daemon.said).toMatch(/configuration reload failed.*legacy_api_allow.*nonsense/);

    write('legacy_api_allow = 192.0.2.8', 'backend = nftables');
    daemon.signal('SIGHUP');

    await daemon.says('configuration reloaded');
    await daemon.says('restart required keys=["backend"]');
    expect((await daemon.ask('GET', '/healthz')).status).toBe(200);
  });
});

describe('with TLS', () => {
  const certificate = (directory: string, name: string): void => {
    const files = ['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')];
    const about = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...files, ...about],
      { stdio: 'pipe' },
    );
  };
  const subjectAt = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        const { subject } = socket.getPeerCertificate();
        socket.destroy();
        resolve(String(subject.CN));
      });
      socket.once('error', reject);
    });

  const get = (port: number, agent: Agent): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = { port, host: '127.0.0.1', path: '/healthz', agent, rejectUnauthorized: false };
      const asking = request(options, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      });
      asking.once('error', reject).end();
    });

  test('it serves https, and takes a new certificate on SIGHUP without dropping connections; a bad one is refused', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'praas-tls-'));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      certificate(directory, 'first');
      const settings = [`tls_cert = ${directory}/cert.pem`, `tls_key = ${directory}/key.pem`];
      daemon = await TestDaemon.start({ settings });
      const port = Number(new URL(daemon.url).port);
      expect(daemon.said).toContain(`listener started address="https://127.0.0.1:${port}"`);
      expect(await get(port, agent)).toBe(200);
      expect(await subjectAt(port)).toBe('first');

      certificate(directory, 'second');
      daemon.signal('SIGHUP');
      await daemon.says('configuration reloaded');

      expect(await subjectAt(port)).toBe('second');
      const [socket] = Object.values(agent.freeSockets).flat();
      expect(await get(port, agent)).toBe(200);
      expect(Object.values(agent.freeSockets).flat()[0]).toBe(socket);

      writeFileSync(join(directory, 'key.pem'), 'no key');
      daemon.signal('SIGHUP');
      await daemon.says('configuration reload failed');
      expect(await subjectAt(port)).toBe('second');
    } finally {
      agent.destroy();
      rmSync(directory, { recursive: true });
    }
  });

  test('beyond loopback without it there is a warning', async () => {
    daemon = await TestDaemon.start({ settings: ['listen_address = 0.0.0.0'] });

    expect(daemon.said).toContain('TLS disabled on non-loopback address listen_address="0.0.0.0"');
  });

  test('a certificate without its key stops the start, with the reason', async () => {
    daemon = await TestDaemon.start();
    await daemon.stop();
    const { code, stderr } = await daemon.shell.with({ env: { PRAAS_TLS_CERT: '/nowhere/cert.pem' } }).run('serve');

    const reason = 'tls_key is not set';
    const error = printedError('TLS_INVALID', { path: '/nowhere/cert.pem', reason });
    expect([code, stderr]).toEqual([1, expect.stringContaining(error)]);
  });
});

describe('with a router', () => {
  let world: TestWorld;
  beforeEach(async () => {
    world = await testWorld({ router: 'neutron', neutronRules: true });
    await world.web.listen({ protocol: 'tcp', port: 80 });
  });
  afterEach(() => world.remove());

  const requestBody = (): object => ({
    mapping: { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, masquerade: 'never' },
  });

  test('stopping and starting again touches neither rules nor connections', async () => {
    daemon = await TestDaemon.start();
    const { body } = await daemon.ask<Document>('POST', '/v1/mappings', { body: requestBody() });
    const goal = { protocol: 'tcp', address: world.gateway, port: body.mapping.router_port } as const;
    const session = await world.client.open(goal);
    const rules = await world.run('iptables-save', ['-t', 'nat']);
    const comparable = (text: string): string => text.replaceAll(/^#.*$|\[\d+:\d+\]/gm, '');

    await daemon.stop();
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');
    expect(await session.send('still there')).toMatchObject({ reply: expect.stringContaining('web') });
    await daemon.begin();

    expect(await session.send('and now')).toMatchObject({ reply: expect.stringContaining('web') });
    expect(comparable(await world.run('iptables-save', ['-t', 'nat']))).toBe(comparable(rules));
    await session.close();
  });

  test('a request under way is answered before the daemon ends, and no new one is taken', async () => {
    const slow = withSlowRestore(testShell(), 1);
    daemon = await TestDaemon.start({ directory: slow.directory, env: { PRAAS_PROGRAMS_PATH: slow.path } });
    const answer = daemon.ask<Document>('POST', '/v1/mappings', { body: requestBody() });
    await slow.begun();

    const ended = daemon.stop();

    const { status, body } = await answer;
    expect([status, body.mapping.status]).toEqual([201, 'ACTIVE']);
    expect((await ended).code).toBe(0);
    await expectOpen(
      world.client,
      { protocol: 'tcp', address: world.gateway, port: body.mapping.router_port },
      'web sees 203.0.113.2',
    );
  });

  test('two operators do not overwrite one another', async () => {
    daemon = await TestDaemon.start();
    const created = await daemon.ask<Document>('POST', '/v1/mappings', { body: requestBody() });
    const path = `/v1/mappings/${created.body.mapping.id}`;
    const seen = { 'If-Match': created.headers.get('ETag') ?? '' };

    const first = await daemon.ask('PATCH', path, { body: { mapping: { name: 'mine' } }, headers: seen });
    const second = await daemon.ask('PATCH', path, { body: { mapping: { name: 'yours' } }, headers: seen });
    const third = await daemon.ask('DELETE', path, { headers: seen });

    expect([first.status, second.status, third.status]).toEqual([200, 412, 412]);
    expect((await daemon.ask<Document>('GET', path)).body.mapping.name).toBe('mine');
    const now = { 'If-Match': first.headers.get('ETag') ?? '' };
    expect((await daemon.ask('DELETE', path, { headers: now })).status).toBe(204);
  });

  test('a repeated create publishes nothing twice, not even when the daemon was killed in between', async () => {
    daemon = await TestDaemon.start();
    const create = () =>
      daemon.ask<Document>('POST', '/v1/mappings', { body: requestBody(), headers: { 'Idempotency-Key': 'k1' } });
    const [first, second] = await Promise.all([create(), create()]);
    await daemon.kill();
    await daemon.begin();
    const third = await create();
    const other = { mapping: { ...(requestBody() as { mapping: object }).mapping, server_port: 81 } };
    await create();
    const fourth = await daemon.ask('POST', '/v1/mappings', { body: other, headers: { 'Idempotency-Key': 'k1' } });

    expect([first.status, second.status, third.status, fourth.status]).toEqual([201, 201, 201, 422]);
    expect(new Set([first, second, third].map(({ body }) => body.mapping.id)).size).toBe(1);
    const { body } = await daemon.ask<{ mappings: readonly object[] }>('GET', '/v1/mappings');
    expect(body.mappings).toHaveLength(1);
  });
});
