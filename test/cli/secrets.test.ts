/**
 * Secrets that are marked, in every place where one can be, well written and not: none is in anything that praas prints, logs or
 * answers. Keystone quotes what it is sent, as some proxies do.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TestDaemon } from '../support/daemon.ts';
import { type Shell, testShell } from '../support/executable.ts';

const MARK = 'T0pS3cret';
let keystone: Server;
let url: string;
let shell: Shell;
let daemon: TestDaemon | undefined;

beforeEach(async () => {
  keystone = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => void parts.push(part));
    request.on('end', () => {
      const message = `refused: ${Buffer.concat(parts).toString()} ${JSON.stringify(request.headers)}`;
      response.writeHead(401, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error: { message } }));
    });
  });
  keystone.listen(0, '127.0.0.1');
  await once(keystone, 'listening');
  url = `http://127.0.0.1:${(keystone.address() as AddressInfo).port}/v3`;
  shell = testShell();
});
afterEach(async () => {
  keystone.closeAllConnections();
  keystone.close();
  await daemon?.remove();
  daemon = undefined;
  shell.remove();
});

/** All that the commands printed, and their logs. */
async function told(at: Shell, commands: readonly (readonly string[])[]): Promise<string> {
  const ended = await Promise.all(commands.flatMap((words) => [at.run(...words), at.run(...words, '--json')]));
  return [...ended.flatMap(({ stdout, stderr }) => [stdout, stderr]), logs(at.directory)].join('\n');
}

function logs(directory: string): string {
  const path = join(directory, 'log');
  try {
    return readdirSync(path)
      .map((name) => readFileSync(join(path, name), 'utf8'))
      .join('\n');
  } catch {
    return '';
  }
}

const BROKERS = [
  `rabbit://openstack:${MARK}@127.0.0.1:1/`,
  `amqp://openstack:${MARK}@mq1:5672/`,
  `rabbit://openstack:s;cr#${MARK}@mq1/`,
  `"rabbit://openstack:${MARK}@mq1/"`,
  MARK,
];

test.each(BROKERS)('notifications = %s', async (text) => {
  const commands = [['config', 'show'], ['pat', 'list'], ['doctor'], ['serve', '--help']];
  const inFile = shell.with({ settings: [`notifications = ${text}`] });
  expect(await told(inFile, commands)).not.toContain(MARK);
  const inVariable = shell.with({ settings: [], env: { PRAAS_NOTIFICATIONS: text } });
  expect(await told(inVariable, commands)).not.toContain(MARK);
});

const auth = (more: string): string =>
  `auth: { auth_url: "${url}", username: u, project_name: x, user_domain_name: Default, ${more} }`;
const CLOUDS: readonly (() => string)[] = [
  () => `clouds: { praas: { ${auth(`password: "${MARK}"`)} } }`,
  () => `clouds: { praas: { ${auth(`token: "${MARK}-long-enough"`)} , auth_type: token } }`,
  () =>
    `clouds: { praas: { auth_type: v3applicationcredential, ${auth(`application_credential_id: a, application_credential_secret: "${MARK}"`)} } }`,
  () => `clouds: { praas: { ${auth(`password: "${MARK}"`).replace('http://', `http://u:${MARK}@`)} } }`,
  () => `clouds: { praas: { ${auth(`password: "${MARK}"`)}, network_endpoint_override: "${MARK}" } }`,
  () => `clouds: { praas: { ${auth(`password: "${MARK}`)} } }`,
  () => `clouds: { praas: { auth: "${MARK}" } }`,
  () => `clouds: { praas: { ${auth(`password: ["${MARK}"]`)} } }`,
  () => `clouds: { praas: { ${auth(`password: "${MARK}"`)}, interface: "${MARK} x", auth_type: "${MARK} x" } }`,
  () => `clouds: { praas: { profile: { password: "${MARK}" }, auth: { username: u } } }`,
  () => `clouds:\n  praas:\n    auth:\n      password: ${MARK}\n     username: u\n`,
];

test.each(CLOUDS.map((text, index) => [index, text] as const))('clouds.yaml %d', async (_, text) => {
  writeFileSync(join(shell.directory, 'clouds.yaml'), text());

  const commands = [['doctor'], ['server', 'list'], ['monitor', '--once'], ['monitor', '--check']];
  expect(await told(shell, commands)).not.toContain(MARK);
});

test.each(['OS_PASSWORD', 'OS_AUTH_URL', 'OS_TOKEN', 'OS_APPLICATION_CREDENTIAL_SECRET', 'PRAAS_TOKEN'])(
  '%s',
  async (variable) => {
    const account = {
      OS_AUTH_URL: url,
      OS_USERNAME: 'u',
      OS_PASSWORD: 'p',
      OS_PROJECT_NAME: 'x',
      OS_APPLICATION_CREDENTIAL_ID: 'a',
    };
    const inUrl = url.replace('http://', `http://u:${MARK}@`);
    for (const text of variable === 'OS_AUTH_URL' ? [inUrl] : [`${MARK}-${MARK}`, `${MARK} with spaces`]) {
      const at = shell.with({ env: { ...account, [variable]: text } });
      expect(
        await told(at, [
          ['pat', 'list', '--url', url.replace('/v3', '')],
          ['config', 'show'],
        ]),
      ).not.toContain(MARK);
    }
  },
);

test.each([
  ['http://localhost.:1', MARK, true],
  ['http://127.0.0.1:1', MARK, false],
  ['http://[::1]:1', MARK, false],
  ['https://localhost.:1', MARK, false],
  ['http://localhost.:1', '', false],
])('a token to %s is sent with a warning where others can read it', async (address, token, isWarned) => {
  const at = shell.with({ env: { PRAAS_TOKEN: token } });
  for (const more of [[], ['--json']]) {
    const { stderr } = await at.run('pat', 'list', '--url', address, ...more);
    expect(stderr.includes('Warning: the token is sent to localhost.:1 by plain HTTP')).toBe(isWarned);
  }
});

test('a daemon that cannot log in and cannot reach its broker, and is reloaded with a wrong file', async () => {
  const settings = [`notifications = rabbit://openstack:${MARK}@127.0.0.1:1/?heartbeat=1`];
  const clouds = join(shell.directory, 'clouds.yaml');
  writeFileSync(clouds, CLOUDS[0]?.() ?? '');
  const started = await TestDaemon.start({
    settings,
    flags: ['--monitor'],
    until: 'unavailable',
    env: { PRAAS_CLOUDS_PATH: clouds },
  }).catch((error: Error) => {
    expect(error.message).not.toContain(MARK);
    throw error;
  });
  daemon = started;
  const paths = ['/readyz', '/metrics', '/v1/events', '/v1/mappings', '/v1/routers', '/v1/servers'];
  const answers = await Promise.all(paths.map((path) => started.ask('GET', path)));
  expect(answers[0]?.body).toMatchObject({ ready: expect.any(Boolean) });
  writeFileSync(started.shell.configPath, `[praas]\nnotifications = amqp://openstack:${MARK}@mq1/\n`);
  started.signal('SIGHUP');
  await started.says('reload');

  const all = [JSON.stringify(answers), started.said, logs(started.shell.directory)].join('\n');
  expect(all).toContain('driver amqp');
  expect(all).not.toContain(MARK);
});
