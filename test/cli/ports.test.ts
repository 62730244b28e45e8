// Automatic router ports: which one comes next, and what is said when there is none.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { printedError } from '../support/error-facts.ts';
import { type Shell, type ShellOptions, testShell } from '../support/executable.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

let world: TestWorld;
let shell: Shell;

beforeAll(async () => {
  world = await testWorld({ router: 'plain' });
});
afterAll(() => world?.remove());

const newShell = (options: ShellOptions): void => {
  shell = testShell(options);
};
afterEach(async () => {
  await shell.ok('pat', 'delete', '--router', world.router_id, '--all', '--yes');
  shell.remove();
});

const create = (...more: string[]): string[] => [
  'pat',
  'create',
  '-r',
  world.router_id,
  '--server-ip',
  '10.20.0.51',
  '-p',
  '80',
  ...more,
];
const next = async (...more: string[]): Promise<number> => (await shell.json(...create(...more))).router_port;

/** Another program in the router's namespace. */
async function listenInRouter(port: number): Promise<ChildProcess> {
  const script = `import socket\ns = socket.create_server(('0.0.0.0', ${port}))\nprint('listens', flush=True)\ns.accept()`;
  const args = ['netns', 'exec', world.namespace, 'python3', '-c', script];
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

describe('with room for five', () => {
  beforeEach(() => newShell({ settings: ['router_port_range = 4000:4004'] }));

  test('ports walk through the range; one just freed comes last, whatever was created by number meanwhile', async () => {
    const first = await shell.json(...create());
    expect(first.router_port).toBe(4000);
    expect(await next()).toBe(4001);
    await shell.ok('pat', 'delete', first.id);
    expect(await next()).toBe(4002);
    expect(await next('--router-port', '4003')).toBe(4003);
    expect(await next()).toBe(4004);
    expect(await next()).toBe(4000);
  });

  test('the newest port is not handed out again when it is freed at once', async () => {
    const { id, router_port } = await shell.json(...create());
    await shell.ok('pat', 'delete', id);
    expect(await next()).toBe(router_port + 1);
  });

  test('TCP and UDP have the range each', async () => {
    for (let count = 0; count < 5; count++) {
      await next();
      await next('--protocol', 'udp');
    }
    expect((await shell.run(...create())).code).toBe(1);
    expect((await shell.run(...create('--protocol', 'udp'))).code).toBe(1);
  });

  test('a full range is refused with the numbers, and a port outside of it can still be named', async () => {
    const foreign = ['PREROUTING', '-p', 'tcp', '--dport', '4002', '-j', 'DNAT', '--to', '10.20.0.52'];
    await world.run('iptables', ['-t', 'nat', '-A', ...foreign]);
    const ports = [await next(), await next(), await next(), await next()];
    expect(ports).toEqual([4000, 4001, 4003, 4004]);
    const before = await shell.ok('pat', 'list', '-f', 'json');

    const facts = { first: 4000, last: 4004, protocol: 'tcp', gateway: '203.0.113.10', mappings: 4, others: 1 };
    const stderr = printedError('NO_FREE_PORT', facts);
    expect(await shell.run(...create())).toEqual({ code: 1, stdout: '', stderr });

    expect(await shell.ok('pat', 'list', '-f', 'json')).toBe(before);
    expect(await next('--router-port', '5000')).toBe(5000);
    await world.run('iptables', ['-t', 'nat', '-D', ...foreign]);
    expect(await next()).toBe(4002);
  });
});

test('reserved ports and ports on which a program in the router listens are passed over', async () => {
  newShell({ settings: ['router_port_range = 4499:4502', 'reserved_ports = 4500'] });
  const listener = await listenInRouter(4501);
  expect(await next()).toBe(4499);
  expect(await next()).toBe(4502);
  const { stdout } = await shell.run(...create(), '--json');
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NO_FREE_PORT', facts: { mappings: 2, others: 2 } } });
  listener.kill();
  await once(listener, 'close');
});

test('a range of one port is a range', async () => {
  newShell({ settings: ['router_port_range = 4321:4321'] });
  expect(await next()).toBe(4321);
  const { stdout } = await shell.run(...create(), '--json');
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NO_FREE_PORT', facts: { first: 4321, last: 4321 } } });
});
