/** Notifications go on arriving, or it is said that they do not: with a broker that takes away what a listener depends on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseTransport } from '../../../src/core/settings/transport-url.ts';
import { RabbitNotifications } from '../../../src/openstack/notifications/rabbit.ts';
import { certificate } from '../../pat/client/support.ts';
import { waitUntil } from '../../support/executable.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { ListLog } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { idOf, NOW } from '../../support/samples.ts';

const ROUND_MS = 5000;
const TOPICS = ['notifications', 'versioned_notifications'];
const cleanups: (() => unknown)[] = [];
let broker: FakeBroker;
let port: number;
let timers: FakeTimers;
let log: ListLog;

beforeEach(async () => {
  broker = new FakeBroker();
  for (const name of ['neutron', 'nova', 'keystone', 'openstack']) broker.exchanges.add(name);
  port = await broker.listen();
  cleanups.push(() => broker.close());
  timers = new FakeTimers(NOW);
  log = new ListLog();
});
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

function hear(url = `rabbit://u:s3cret@127.0.0.1:${port}/`, pem = {}, exchanges = ['nova', 'neutron']) {
  const transport = parseTransport(url);
  if ('problem' in transport) throw new Error(transport.problem);
  const common = { transport, pem, topics: TOPICS, exchanges, timers, log };
  const notifications = new RabbitNotifications({ ...common, random: () => 0.5 });
  const heard: string[] = [];
  let gaps = 0;
  cleanups.push(() => notifications.stop());
  notifications.start(
    (ids) => void heard.push(...ids),
    () => {
      gaps += 1;
    },
  );
  return { notifications, heard, gaps: () => gaps };
}

type Ear = ReturnType<typeof hear>;
const listens = ({ notifications }: Ear): Promise<void> => waitUntil(() => notifications.lastError === undefined);
const logged = (message: string): number => log.lines.filter((line) => line.message === message).length;
const UNAVAILABLE = 'notifications unavailable; using periodic sync';

/** Resolves when the listener and the broker, which share this process, have nothing more to say to each other. */
async function quiet(): Promise<void> {
  for (let before = -1; before !== broker.received; ) {
    before = broker.received;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** Lets rounds of bindings pass, each to its end and at most ten, until it is so. */
async function rounds(isSo: () => boolean): Promise<void> {
  for (let round = 0; round < 10 && !isSo(); round++) {
    await quiet();
    await timers.pass(ROUND_MS);
    await quiet();
  }
  expect(isSo()).toBe(true);
}

let next = 7000;
/** Whether a message of Nova is heard now. */
async function hears({ heard }: Ear, exchange = 'nova', topic = 'notifications'): Promise<boolean> {
  next += 1;
  const id = idOf(next);
  broker.publish(exchange, `${topic}.info`, { event_type: 'compute.instance.power_off.end', payload: { id } });
  for (let wait = 0; wait < 20 && !heard.includes(id); wait++) await new Promise((resolve) => setTimeout(resolve, 10));
  return heard.includes(id);
}

test.each([
  ['a consumer that the broker cancels', () => broker.cancelConsumers(), /cancelled the consumer/],
  ['a channel that the broker closes', () => broker.closeChannels(), /closed the channel/],
])('%s is said, and opened again with a sweep', async (_, lose, reason) => {
  const ear = hear();
  await listens(ear);
  expect(await hears(ear)).toBe(true);
  expect(ear.gaps()).toBe(1);

  lose();
  await waitUntil(() => ear.notifications.lastError !== undefined);
  expect(ear.notifications.lastError).toMatch(reason);
  expect(log.lines.at(-1)).toMatchObject({
    level: 'warn',
    message: UNAVAILABLE,
    details: { error: expect.stringMatching(reason) },
  });
  expect(await hears(ear)).toBe(false);

  await timers.pass(1000);
  await listens(ear);
  expect(await hears(ear)).toBe(true);
  expect(ear.gaps()).toBe(2);
  expect(broker.consumers).toBe(1);
});

test('a broker that ends each consumer is asked less and less often, and says so once', async () => {
  broker.isCancelling = true;
  const ear = hear();
  await waitUntil(() => broker.connections === 1);
  for (let second = 0; second < 120; second++) {
    await timers.pass(1000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  expect(broker.connections).toBeGreaterThan(3);
  expect(broker.connections).toBeLessThan(15);
  expect(logged(UNAVAILABLE)).toBeLessThan(3);
  expect(ear.notifications.lastError).toBeDefined();
});

test('an exchange that is deleted is said, and bound again when a service declares it', async () => {
  const ear = hear();
  await listens(ear);

  broker.deleteExchange('nova');
  await rounds(() => ear.notifications.lastError !== undefined);
  expect(ear.notifications.lastError).toContain('nova');
  expect(log.lines.at(-1)).toMatchObject({ level: 'warn', details: { exchange: 'nova' } });
  expect(await hears(ear)).toBe(false);
  expect(await hears(ear, 'neutron')).toBe(true);

  broker.exchanges.add('nova');
  await rounds(() => ear.notifications.lastError === undefined);
  expect(await hears(ear)).toBe(true);
  await waitUntil(() => ear.gaps() === 2);
  expect(broker.connections).toBe(1);
});

test('an exchange that is deleted and declared at once is bound again', async () => {
  const ear = hear();
  await listens(ear);

  broker.deleteExchange('nova');
  broker.exchanges.add('nova');
  expect(await hears(ear)).toBe(false);
  await rounds(() => broker.bindings.size === 8);
  expect(await hears(ear)).toBe(true);
});

test('without any exchange it is said, until the first service comes', async () => {
  broker.exchanges.clear();
  const ear = hear();
  await waitUntil(() => ear.gaps() === 1);
  expect(ear.notifications.lastError).toContain('nova, neutron, keystone, openstack');
  expect(logged(UNAVAILABLE)).toBe(1);

  broker.exchanges.add('nova');
  await rounds(() => ear.notifications.lastError?.includes('none') === false);
  expect(await hears(ear)).toBe(true);
  await waitUntil(() => ear.gaps() === 2);
});

test.each(['nova', 'neutron'])('with all exchanges but %s it is said at once, until that comes', async (missing) => {
  broker.exchanges.delete(missing);
  const ear = hear();
  await waitUntil(() => ear.gaps() === 1);
  const other = missing === 'nova' ? 'neutron' : 'nova';
  expect(ear.notifications.lastError).toMatch(new RegExp(`exchange ${missing} .*notification_exchanges`));
  expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([{ details: { exchange: missing } }]);
  expect(await hears(ear, missing)).toBe(false);
  expect(await hears(ear, other)).toBe(true);

  broker.exchanges.add(missing);
  await rounds(() => ear.notifications.lastError === undefined);
  expect(await hears(ear, missing)).toBe(true);
  expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
});

test('the exchanges of praas.conf are those that have to be there', async () => {
  for (const name of ['nova', 'neutron', 'keystone']) broker.exchanges.delete(name);
  const ear = hear(undefined, {}, ['openstack']);
  await listens(ear);
  expect(await hears(ear, 'openstack')).toBe(true);

  broker.exchanges.clear();
  broker.exchanges.add('cells');
  const another = hear(undefined, {}, ['cells', 'openstack']);
  await waitUntil(() => another.gaps() === 1);
  expect(another.notifications.lastError).toContain('exchange openstack ');
  expect(await hears(another, 'cells')).toBe(true);
});

test('a broker that comes back without exchanges, as after a restart: each is heard when its service comes', async () => {
  const ear = hear();
  await listens(ear);

  broker.exchanges.clear();
  broker.cancelConsumers();
  await waitUntil(() => ear.notifications.lastError !== undefined);
  await timers.pass(1000);
  await waitUntil(() => broker.consumers === 1 && ear.notifications.lastError?.includes('exchanges') === true);
  broker.exchanges.add('nova');
  await rounds(() => broker.bindings.size === 2);
  expect(await hears(ear)).toBe(true);
  expect(ear.notifications.lastError).toContain('neutron');
});

test('both formats of Nova are heard, and no other topic', async () => {
  const ear = hear();
  await listens(ear);

  expect(await hears(ear, 'nova', 'versioned_notifications')).toBe(true);
  expect(await hears(ear, 'nova', 'notifications')).toBe(true);
  expect(await hears(ear, 'nova', 'conductor')).toBe(false);
});

test('a broker that is gone: the next one is tried', async () => {
  const ear = hear(`rabbit://u:s3cret@127.0.0.1:1,u:s3cret@127.0.0.1:${port}/`);
  await waitUntil(() => ear.notifications.lastError?.includes('refused') === true);
  await timers.pass(1000);
  await listens(ear);

  expect(await hears(ear)).toBe(true);
});

test('a client certificate is shown to the broker, and without one there is no connection', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'praas-broker-'));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  const { cert, key } = certificate('localhost', directory);
  const server = createTlsServer({ cert, key, ca: [cert], requestCert: true, rejectUnauthorized: true });
  const shown: string[] = [];
  server.on('secureConnection', (socket: TLSSocket) => void shown.push(socket.getPeerCertificate().fingerprint256));
  broker.close();
  broker = new FakeBroker(server);
  broker.exchanges.add('nova').add('neutron');
  port = await broker.listen();

  const without = hear(`rabbit://u:s3cret@localhost:${port}/?ssl=1&ssl_ca_file=/ca`, { ca: cert });
  await waitUntil(() => without.notifications.lastError?.includes('unavailable') === true);
  expect(shown).toEqual([]);
  await without.notifications.stop();

  const url = `rabbit://u:s3cret@localhost:${port}/?ssl=1&ssl_ca_file=/ca&ssl_cert_file=/c&ssl_version=TLSv1_2`;
  const ear = hear(url, { ca: cert, cert, key });
  await listens(ear);
  expect(shown).toHaveLength(1);
  expect(await hears(ear)).toBe(true);
});

test('nothing that is logged or shown has the password', async () => {
  const ear = hear();
  await listens(ear);
  broker.closeChannels();
  await waitUntil(() => ear.notifications.lastError !== undefined);

  expect(JSON.stringify([log.lines, ear.notifications.lastError])).not.toContain('u:s3cret');
});
