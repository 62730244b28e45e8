/**
 * Why there is no connection to a message broker: with brokers that go no further than a step of the handshake (AMQP 0-9-1, 2.2.4).
 * What a real broker does is in the lab's tests.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, test } from '@jest/globals';
import { parseTransport } from '../../../src/core/settings/transport-url.ts';
import { RabbitNotifications } from '../../../src/openstack/notifications/rabbit.ts';
import { certificate } from '../../pat/client/support.ts';
import { waitUntil } from '../../support/executable.ts';
import { ListLog } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { NOW } from '../../support/samples.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

const short = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const long = (value: number): Buffer =>
  Buffer.from([value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const longText = (text: string): Buffer => Buffer.concat([long(text.length), Buffer.from(text)]);
const shortText = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const method = (number: number, ...fields: readonly Buffer[]): Buffer => {
  const payload = Buffer.concat([short(10), short(number), ...fields]);
  return Buffer.concat([Buffer.from([1]), short(0), long(payload.length), payload, Buffer.from([0xce])]);
};

const START = method(10, Buffer.from([0, 9]), long(0), longText('PLAIN'), longText('en_US'));
const TUNE = method(30, short(0), long(131_072), short(0));
const close = (code: number, text: string): Buffer => method(50, short(code), shortText(text), short(10), short(40));

/** Sends the next reply for each time that something arrives; closes the connection when there is none left. */
const broker =
  (...replies: readonly Buffer[]) =>
  (socket: Socket): void => {
    const left = [...replies];
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const reply = left.shift();
      if (reply === undefined) socket.destroy();
      else socket.write(reply);
    });
  };

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** The reason that is logged, and the one in the state, when the connection to that URL fails. */
async function reasonAt(url: string): Promise<string> {
  const transport = parseTransport(url);
  if ('problem' in transport) throw new Error(transport.problem);
  const log = new ListLog();
  const timers = new FakeTimers(NOW);
  const topics = ['notifications'];
  const common = { transport, pem: {}, topics, exchanges: ['nova'], timers, log };
  const notifications = new RabbitNotifications({ ...common, random: () => 0.5 });
  cleanups.push(() => notifications.stop());
  notifications.start(
    () => undefined,
    () => undefined,
  );
  await waitUntil(() => log.lines.length > 0);
  const [line] = log.lines;
  const reason = String(line?.details?.['error']);
  expect(line).toMatchObject({ level: 'warn', message: 'notifications unavailable; using periodic sync' });
  expect(notifications.lastError).toContain(reason);
  expect(JSON.stringify([log.lines, notifications.lastError])).not.toContain('s3cret');
  return reason;
}

test('a virtual host that is not there is named', async () => {
  const port = await portOf(createServer(broker(START, TUNE, close(530, 'NOT_ALLOWED - vhost nova2 not found'))));

  expect(await reasonAt(`rabbit://u:s3cret@127.0.0.1:${port}/nova2`)).toContain('virtual host nova2 not found');
});

test('a wrong password is reported without the password', async () => {
  const port = await portOf(createServer(broker(START, close(403, 'ACCESS_REFUSED - s3cret'))));

  expect(await reasonAt(`rabbit://u:s3cret@127.0.0.1:${port}/`)).toBe('login refused: 403 (ACCESS-REFUSED)');
});

test('a port that closes the connection may require TLS', async () => {
  const port = await portOf(createServer(broker()));

  expect(await reasonAt(`rabbit://u:s3cret@127.0.0.1:${port}/`)).toContain('ssl=1');
  expect(await reasonAt(`rabbit://u:s3cret@127.0.0.1:${await portOf(createServer(broker(START)))}/`)).toContain(
    'ssl=1',
  );
});

test('a certificate of a private authority: the error code, and the option to set', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'praas-broker-'));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  const port = await portOf(createTlsServer(certificate('localhost', directory)));

  const reason = await reasonAt(`rabbit://u:s3cret@localhost:${port}/?ssl=1`);

  expect(reason).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
  expect(reason).toContain('ssl_ca_file');
  expect(reason).not.toContain('--use-system-ca');
});

test('a broker where nothing listens', async () => {
  expect(await reasonAt('rabbit://u:s3cret@127.0.0.1:1/')).toBe('connection refused');
});
