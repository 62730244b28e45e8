/** What the doctor reads of the agents of this node. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { localAddress, readinessAt } from '../../src/compose/doctor-evidence.ts';

const server = createServer();
afterEach(() => void server.close());

test.each([
  ['0.0.0.0', '127.0.0.1:3001'],
  ['::', '[::1]:3001'],
  ['192.0.2.7', '192.0.2.7:3001'],
  ['2001:db8::1', '[2001:db8::1]:3001'],
])('a listener on %s is reached at %s', (listenAddress, expected) => {
  expect(localAddress(listenAddress, 3001)).toBe(expected);
});

test('what /readyz says of an agent that is not ready is read, and another program is no agent', async () => {
  const bodies = [
    '{"ready":false,"checks":[{"name":"monitor","ok":false,"detail":"exchange nova"}]}',
    '{"up":1}',
    '<p>',
  ];
  server.on('request', (_, response) => response.writeHead(503).end(bodies.shift()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = { kind: 'url', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } as const;
  const ask = () => readinessAt(address, new AbortController().signal);

  expect(await ask()).toEqual({ isReady: false, failures: ['monitor: exchange nova'] });
  expect(await ask()).toBeUndefined();
  expect(await ask()).toBeUndefined();
});

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n'],
  ['a redirect', 'HTTP/1.1 301 Moved\r\nLocation: https://other/\r\nContent-Length: 0\r\n\r\n'],
])('a program that answers with %s is no agent', async (_, answer) => {
  const other = createTcpServer((socket) => socket.end(answer)).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = { kind: 'url', url: `http://127.0.0.1:${(other.address() as AddressInfo).port}` } as const;
  try {
    expect(await readinessAt(address, new AbortController().signal)).toBeUndefined();
  } finally {
    other.close();
  }
});
