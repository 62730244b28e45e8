/** Events from a real message broker: over TLS, from the broker that answers, and without taking them from other consumers. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type ChannelModel, connect } from 'amqplib';
import { parseTransport } from '../../src/core/settings/transport-url.ts';
import { RabbitNotifications } from '../../src/openstack/notifications/rabbit.ts';
import { systemTimers } from '../../src/system/clock.ts';
import { type Certificate, certificate } from '../pat/client/support.ts';
import { waitUntil } from '../support/executable.ts';
import { ListLog } from '../support/fake-node.ts';
import { NOTIFICATIONS, requireLab } from '../support/lab.ts';
import { idOf } from '../support/samples.ts';

/** Nothing listens there. */
const DEAD = '127.0.0.1:1';
const credentials = /\/\/([^@]*)@/.exec(NOTIFICATIONS)?.[1] ?? '';
const plain = /@([^/]*)\//.exec(NOTIFICATIONS)?.[1] ?? '';

let directory: string;
let made: Certificate;
let proxy: Server;
let other: ChannelModel;
/** Connections by the proxy. */
const through = new Set<TLSSocket>();
let isRefusing = false;
const opened: RabbitNotifications[] = [];

beforeAll(async () => {
  await requireLab();
  directory = mkdtempSync(join(tmpdir(), 'praas-broker-'));
  made = certificate('localhost', directory);
  // What a broker with TLS is for its clients, before the lab's own, which has none.
  proxy = createServer({ key: made.key, cert: made.cert }, (socket) => {
    if (isRefusing) {
      socket.destroy();
      return;
    }
    through.add(socket);
    const [host = '', port = ''] = plain.split(':');
    const behind = connectTo(Number(port), host);
    socket.pipe(behind).pipe(socket);
    for (const [one, another] of [
      [socket, behind],
      [behind, socket],
    ] as const)
      one.on('error', () => undefined).on('close', () => another.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  other = await connect(NOTIFICATIONS.replace('rabbit:', 'amqp:'));
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.stop();
});
afterAll(async () => {
  await other?.close();
  proxy?.close();
  rmSync(directory, { recursive: true });
});

function hear(url: string, ca?: string) {
  const transport = parseTransport(url);
  if ('problem' in transport) throw new Error(transport.problem);
  const log = new ListLog();
  const notifications = new RabbitNotifications({
    transport,
    pem: { ca },
    topics: ['notifications', 'versioned_notifications'],
    exchanges: ['nova', 'neutron'],
    timers: systemTimers,
    random: () => 0,
    log,
  });
  const ids: string[] = [];
  let gaps = 0;
  opened.push(notifications);
  notifications.start(
    (some) => void ids.push(...some),
    () => {
      gaps += 1;
    },
  );
  return { notifications, ids, log, gaps: () => gaps };
}

async function announce(id: string): Promise<void> {
  const channel = await other.createChannel();
  const event = { event_type: 'port.update.end', payload: { port: { id } } };
  const message = { 'oslo.version': '2.0', 'oslo.message': JSON.stringify(event) };
  channel.publish('neutron', 'notifications.info', Buffer.from(JSON.stringify(message)));
  await channel.close();
}

test('the second of two brokers, over TLS with an authority of its own', async () => {
  const { port } = proxy.address() as AddressInfo;
  const url = `rabbit://${credentials}@${DEAD},${credentials}@localhost:${port}/?ssl=1`;
  const heard = hear(url, made.cert);
  await waitUntil(() => heard.notifications.lastError === undefined);
  expect(heard.gaps()).toBeGreaterThan(0);

  await announce(idOf(7001));
  await waitUntil(() => heard.ids.includes(idOf(7001)));
});

test('a connection that breaks is logged and opened again, and what was missed meanwhile is read from OpenStack', async () => {
  const { port } = proxy.address() as AddressInfo;
  const heard = hear(`rabbit://${credentials}@localhost:${port}/?ssl=1`, made.cert);
  await waitUntil(() => heard.notifications.lastError === undefined);
  const before = heard.gaps();

  isRefusing = true;
  for (const socket of through) socket.destroy();
  await waitUntil(() => heard.notifications.lastError?.includes('unavailable') === true);
  await announce(idOf(7301));
  isRefusing = false;
  await waitUntil(() => heard.notifications.lastError === undefined && heard.gaps() > before);

  await announce(idOf(7302));
  await waitUntil(() => heard.ids.includes(idOf(7302)));
  expect(heard.ids).not.toContain(idOf(7301));
});

test('a broker without a trusted certificate is not connected to', async () => {
  const { port } = proxy.address() as AddressInfo;
  const { notifications } = hear(`rabbit://${credentials}@localhost:${port}/?ssl=1`);
  await waitUntil(() => notifications.lastError?.includes('ssl_ca_file') === true);
});

test('a wrong password is reported without being shown', async () => {
  const { notifications, log } = hear(`rabbit://openstack:wr0ngsecret@${plain}/`);
  await waitUntil(() => /ACCESS.REFUSED|403/.test(notifications.lastError ?? ''));
  expect(JSON.stringify([notifications.lastError, log.lines])).not.toContain('wr0ngsecret');
});

test('other consumers lose nothing, and nothing is left in the broker', async () => {
  const channel = await other.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'neutron', 'notifications.#');
  const theirs: string[] = [];
  await channel.consume(queue, (message) => void theirs.push(String(message?.content)), { noAck: true });
  const heard = hear(NOTIFICATIONS);
  await waitUntil(() => heard.notifications.lastError === undefined);

  for (let n = 1; n <= 50; n++) await announce(idOf(7100 + n));
  await waitUntil(() => heard.ids.length >= 50 && theirs.length >= 50);
  expect(new Set(heard.ids).size).toBe(50);

  await heard.notifications.stop();
  await announce(idOf(7200));
  await waitUntil(() => theirs.length >= 51);
  expect(heard.ids).not.toContain(idOf(7200));
  await channel.close();
});
