/** A connection without a valid HTTP request gets an error in the usual form, with a request ID, and ends. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TestApi } from './api.ts';

let api: TestApi;
beforeEach(async () => {
  api = new TestApi();
  await api.open();
});
afterEach(() => api.close());

const say = async (words: string): Promise<{ readonly head: string; readonly body: unknown }> => {
  const { port } = new URL(api.url);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(words);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { head, body: JSON.parse(body) };
};

test.each([
  ['nonsense', 'hello\r\n\r\n', 400],
  ['a header that is none', 'GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n', 400],
  ['headers without an end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
])('%s', async (_, words, status) => {
  const { head, body } = await say(words);

  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head).toContain('X-Openstack-Request-Id: req-raw');
  expect(head).toContain('Connection: close');
  expect(body).toMatchObject({ errors: [{ request_id: 'req-raw', status, code: 'praas.request-unreadable' }] });
});

test('a HEAD that cannot be read gets no body', async () => {
  const { port } = new URL(api.url);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('HEAD v1/mappings HTTP/1.1\r\nHost: x\r\n\r\n');

  const answer = await text(socket);

  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer.endsWith('\r\n\r\n')).toBe(true);
});

test('the server still answers afterwards', async () => {
  await say('hello\r\n\r\n');

  expect((await api.call('GET', '/healthz')).status).toBe(200);
});

test('a connection that was answered before gets an answer, however much it still sends', async () => {
  const { port } = new URL(api.url);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  socket.write(`GET /${'y'.repeat(2_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);

  expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /);
});
