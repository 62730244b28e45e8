/** The daemon while the clock of its node jumps ahead and back, as after a restored snapshot or a boot before NTP. */
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Event } from '../../src/pat/mapping/event.ts';
import type { MappingView } from '../../src/pat/mapping/view.ts';
import { TestDaemon } from '../support/daemon.ts';
import { testShell, waitUntil } from '../support/executable.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const SETTINGS = ['reconcile_period_seconds = 1', 'retain_days = 2'];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let world: TestWorld;
let daemon: TestDaemon;
let clock: string;

beforeEach(async () => {
  const { directory } = testShell({ settings: SETTINGS });
  clock = join(directory, 'clock');
  jump('+0d');
  world = await testWorld({ router: 'neutron', neutronRules: true });
  await world.web.listen({ protocol: 'tcp', port: 80 });
  const faked = {
    LD_PRELOAD: libfaketime(),
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  daemon = await TestDaemon.start({ directory, env: faked });
});
afterEach(async () => {
  await daemon.remove();
  await world.remove();
});

/** Of Debian's package faketime, whatever the architecture. */
function libfaketime(): string {
  const found = readdirSync('/usr/lib')
    .map((name) => join('/usr/lib', name, 'faketime', 'libfaketime.so.1'))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error('libfaketime is not installed');
}

/** Sets the clock of the daemon beside the real one; every look at it reads the file, which is whole at any moment. */
function jump(offset: string): void {
  writeFileSync(`${clock}.new`, `${offset}\n`);
  renameSync(`${clock}.new`, clock);
}

const timeIn = (ms: number): string => new Date(Date.now() + ms).toISOString().replace(/\.\d+/, '');

async function publish(name: string, more: object = {}): Promise<MappingView> {
  const mapping = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, masquerade: 'never', name };
  const { status, body } = await daemon.ask<{ mapping: MappingView }>('POST', '/v1/mappings', {
    body: { mapping: { ...mapping, ...more } },
  });
  expect(status).toBe(201);
  return body.mapping;
}

async function show(id: string): Promise<MappingView> {
  return (await daemon.ask<{ mapping: MappingView }>('GET', `/v1/mappings/${id}`)).body.mapping;
}

async function events(query = ''): Promise<readonly Event[]> {
  return (await daemon.ask<{ events: readonly Event[] }>('GET', `/v1/events?type=created${query}`)).body.events;
}

const names = (some: readonly Event[]): string[] => some.map(({ mapping }) => mapping.name);

test('events stay, in the order in which they happened, with the clock far ahead, back, far behind, and after restarts', async () => {
  await publish('before');
  jump('+400d');
  await publish('ahead');
  jump('+0d');
  await publish('after');
  jump('-400d');
  await publish('behind');

  const ordered = await events();
  expect(names(ordered)).toEqual(['before', 'ahead', 'after', 'behind']);
  const [before, ahead, after, behind] = ordered.map(({ at }) => Date.parse(at)) as [number, number, number, number];
  expect(ahead - before).toBeGreaterThan(399 * DAY_MS);
  expect(ahead - after).toBeGreaterThan(399 * DAY_MS);
  expect(before - behind).toBeGreaterThan(399 * DAY_MS);
  expect(names(await events(`&after=${ordered[1]?.id}`))).toEqual(['after', 'behind']);

  await daemon.stop();
  await daemon.begin();
  await publish('restarted behind');
  await daemon.stop();
  jump('+0d');
  await daemon.begin();
  await publish('restarted');
  expect(names(await events())).toEqual([...names(ordered), 'restarted behind', 'restarted']);
  expect(names(await events(`&after=${ordered[3]?.id}`))).toEqual(['restarted behind', 'restarted']);
});

test('a clock behind its start, and a long way ahead of it, closes no mapping that has not ended and opens none that has', async () => {
  const { id, router_port: port } = await publish('ending', { expires_at: timeIn(8 * HOUR_MS) });
  const goal = { protocol: 'tcp', address: world.gateway, port } as const;
  await expectOpen(world.client, goal, 'web sees 203.0.113.2');

  jump('-400d');
  expect((await daemon.ask('POST', `/v1/routers/${world.router_id}/sync`)).status).toBe(200);
  expect((await show(id)).status).toBe('ACTIVE');
  await expectOpen(world.client, goal, 'web sees 203.0.113.2');

  jump('+400d');
  await waitUntil(async () => (await show(id)).status === 'DOWN');
  await expectClosed(world.client, goal);
});

test('a mapping that ends in hours is closed while the clock says so, and open again when it is put right', async () => {
  const { id, router_port: port } = await publish('ending', { expires_at: timeIn(8 * HOUR_MS) });
  const { id: other } = await publish('later', { expires_at: timeIn(48 * HOUR_MS) });
  const goal = { protocol: 'tcp', address: world.gateway, port } as const;
  await expectOpen(world.client, goal, 'web sees 203.0.113.2');

  jump('+1d');
  await waitUntil(async () => (await show(id)).status_code === 'EXPIRED');
  await waitUntil(async () => (await show(id)).status === 'DOWN');
  await expectClosed(world.client, goal);
  expect((await show(other)).status).toBe('ACTIVE');

  jump('+0d');
  await waitUntil(async () => (await show(id)).status === 'ACTIVE');
  await expectOpen(world.client, goal, 'web sees 203.0.113.2');
});

test('a token ends by the clock, and is good again when that is put right; one without an end is good all the time', async () => {
  const words = ['--name', 'short', '--role', 'reader', '--expires', '2h', '-f', 'value', '-c', 'Token'];
  const token = (await daemon.shell.ok('token', 'create', ...words)).trim();
  const statuses = async (): Promise<number[]> => [
    (await daemon.ask('GET', '/v1/mappings', { token })).status,
    (await daemon.ask('GET', '/v1/mappings')).status,
  ];
  expect(await statuses()).toEqual([200, 200]);

  jump('+1d');
  expect(await statuses()).toEqual([401, 200]);

  jump('+0d');
  expect(await statuses()).toEqual([200, 200]);
});
