/** The port of a daemon without an API: one address cannot take it from the others. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Config } from '../../src/compose/config.ts';
import { portLimits } from '../../src/compose/port-limits.ts';
import { healthApp } from '../../src/server/http/health-app.ts';
import { Listener } from '../../src/server/http/listener.ts';
import { ProcessMetrics } from '../../src/server/http/metrics.ts';
import { readinessOf } from '../../src/server/http/readiness.ts';
import { newUuid, systemTimers } from '../../src/system/clock.ts';

const [BLUE, RED] = ['127.0.0.2', '127.0.0.3'];

let listener: Listener;
let limited: string[];
let sockets: Socket[];
let settings: Partial<Config>;

beforeEach(async () => {
  [limited, sockets] = [[], []];
  settings = {
    max_connections: 1024,
    max_connections_per_address: 4,
    max_requests_per_address: 64,
    trusted_proxies: [],
  };
  const { connections, limits, addressOf } = portLimits(
    () => settings as Config,
    (limit) => limited.push(limit),
  );
  const app = healthApp({
    readiness: readinessOf([]),
    metrics: new ProcessMetrics(),
    timers: systemTimers,
    newId: newUuid,
    limits,
    addressOf,
    onLimited: (limit) => limited.push(limit),
  });
  const place = { kind: 'tcp', host: '127.0.0.1', port: 0, tls: undefined } as const;
  listener = new Listener(place, app, (_error, socket) => socket.destroy(), connections);
  await listener.open();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await listener.close(0);
});

/** The first line of the answer; `closed` without one. */
async function ask(from: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(listener.where).port), localAddress: from });
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.write('GET /healthz HTTP/1.1\r\nHost: node\r\n\r\n');
  const answer = once(socket, 'data').then(([data]) => String(data).split('\r\n')[0] ?? '');
  return Promise.race([answer, once(socket, 'close').then(() => 'closed')]);
}

test('300 idle connections of one address leave the port to the others', async () => {
  for (let n = 0; n < 300; n++) expect(await ask(BLUE)).toBe('HTTP/1.1 200 OK');

  expect(await ask(RED)).toBe('HTTP/1.1 200 OK');
  expect(new Set(limited)).toEqual(new Set(['max_connections_per_address']));
});

test('requests above the limit of an address are refused, and taken again without it', async () => {
  settings = { ...settings, max_requests_per_address: 0 };
  expect(await ask(BLUE)).toBe('HTTP/1.1 429 Too Many Requests');
  expect(limited).toEqual(['max_requests_per_address']);
  settings = { ...settings, max_requests_per_address: 64 };

  expect(await ask(BLUE)).toBe('HTTP/1.1 200 OK');
});
