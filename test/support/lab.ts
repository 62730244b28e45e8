/**
 * The OpenStack of lab/, for tests: its tenants, who is outside, and a daemon of praas in the middle. Whatever a test makes
 * there it takes away again.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Api, type Json, login, type User } from '../../lab/api.ts';
import { AMQP, CLOUDS_FILE, KEYSTONE, OUTSIDE, PASSWORD, STATE } from '../../lab/place.ts';
import { type Server, serverOf } from '../../lab/servers.ts';
import { type DaemonOptions, TestDaemon } from './daemon.ts';

const LAB = fileURLToPath(new URL('../../lab/lab', import.meta.url));
const COMMAND_MS = 180_000;
const exec = promisify(execFile);

export const TENANTS = { demo: new Api('demo'), other: new Api('other'), admin: new Api('admin') };
/** What the openstack client, and `praas --os-cloud`, read. */
export const CLIENT_ENV = { OS_CLIENT_CONFIG_FILE: CLOUDS_FILE };

/** Throws, with what to do about it, where no lab runs. */
export async function requireLab(): Promise<void> {
  await login('admin').catch((error: unknown) => {
    throw new Error('no lab runs on this machine; start it with `sudo make lab`', { cause: error });
  });
}

/** A new token of the administrator, with system scope: what an operator has. */
export function operatorToken(): Promise<string> {
  return login('admin', 'system');
}

/** Runs a command of the lab, such as `lab('router', 'create', 'spare')`. */
export async function lab(...words: readonly string[]): Promise<string> {
  const { stdout } = await exec(LAB, words, { timeout: COMMAND_MS });
  return stdout;
}

/** What an HTTP client outside gets, or why it gets nothing. */
export async function fromOutside(address: string, port: number): Promise<string> {
  const words = ['netns', 'exec', OUTSIDE, 'curl', '-sS', '-m', '2', `http://${address}:${port}/`];
  return exec('ip', words).then(
    ({ stdout }) => stdout.replace(/:\d+\n$/, ''),
    (error: { stderr?: string }) => (/timed out/.test(error.stderr ?? '') ? 'timed out' : 'refused'),
  );
}

/** Runs a program in a namespace: of a router, a server or who is outside. Gives what it printed; throws when it fails. */
export async function inNamespace(namespace: string, file: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await exec('ip', ['netns', 'exec', namespace, file, ...args], { timeout: COMMAND_MS });
  return stdout;
}

/** What a client outside reads from a mapping, when the server behind it is asked for its name. */
export const SEEN_BY = (name: string): string => `${name} sees 203.0.113.2`;

export async function routerOf(name: string): Promise<Json> {
  return TENANTS.admin.find('network', 'routers', name);
}

/** The first gateway address that Neutron gave it. */
export async function gatewayOf(name: string): Promise<string> {
  return (await routerOf(name)).external_gateway_info.external_fixed_ips[0].ip_address;
}

export function guest(name: string): Server {
  return serverOf(name);
}

/** Changes a router as its owner. */
export async function changeRouter(user: User, name: string, router: object): Promise<void> {
  const { id } = await routerOf(name);
  await TENANTS[user].call('network', 'PUT', `/routers/${id}`, { router });
}

/** What a test that was killed left in the routers. */
async function clearRouters(): Promise<void> {
  const namespaces = (await readdir('/run/netns')).filter((name) => name.startsWith('qrouter-'));
  for (const namespace of namespaces) {
    for (const chain of ['custom-PREROUTING', 'custom-POSTROUTING']) {
      const words = ['netns', 'exec', namespace, 'iptables', '-w', '5', '-t', 'nat', '-F', chain];
      // There is no such chain where nothing was published yet.
      await exec('ip', words).catch(() => undefined);
    }
  }
}

/** Where the services of the lab say what happens. */
export const NOTIFICATIONS = AMQP;

/** A daemon with the service account of the lab. It looks at Neutron every second. */
export async function startDaemon(options: DaemonOptions = {}): Promise<TestDaemon> {
  await clearRouters();
  await requireLab();
  const auth = { auth_url: KEYSTONE, username: 'praas', password: PASSWORD, project_name: 'service' };
  const domains = { user_domain_name: 'Default', project_domain_name: 'Default' };
  const path = join(STATE, 'praas-clouds.yaml');
  writeFileSync(path, JSON.stringify({ clouds: { praas: { auth: { ...auth, ...domains } } } }), { mode: 0o600 });
  return TestDaemon.start({
    ...options,
    env: {
      PRAAS_CLOUDS_PATH: path,
      PRAAS_NEUTRON_LOCK_PATH: `${STATE}/lock`,
      PRAAS_SECOND_MONITORING: '1',
      ...options.env,
    },
  });
}
