/** Limits of callers in the API itself, and requests that Node reads although HTTP does not allow them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Limits } from '../../../src/server/http/limits.ts';
import { REQUEST } from '../../support/samples.ts';
import { type Call, READY, TestApi } from './api.ts';

const settings = { max_requests_per_address: 2, max_requests_per_caller: 2, writes_per_minute: 3 };
let api: TestApi;

beforeEach(async () => {
  api = new TestApi(
    READY,
    undefined,
    undefined,
    new Limits(() => settings, { after: (_, work) => (work(), () => undefined) }),
  );
  await api.open();
});
afterEach(() => api.close());

const create = (count: number, token: Call['token'] = 'blue-admin'): Promise<Response> => {
  const mappings = Array.from({ length: count }, () => ({ ...REQUEST, server_port: 22 }));
  return api.call('post', '/v1/mappings', { token, json: { mappings } });
};

test('a batch counts as its mappings; the refusal says when to come back; reads and other callers go on', async () => {
  expect((await create(2)).status).toBe(201);
  const refused = await create(2);

  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({
    errors: [{ code: 'praas.too-many-requests', facts: { limit: 'writes_per_minute', most: 3 } }],
  });
  expect((await api.call('get', '/v1/mappings', { token: 'blue-admin' })).status).toBe(200);
  expect((await create(1, 'admin')).status).toBe(201);
  const { status } = await api.call('get', '/metrics', { token: 'none' });
  expect(status).toBe(200);
});

/** The answer to these lines, as bytes on a connection of their own. */
async function raw(...lines: readonly string[]): Promise<string> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  socket.write([...lines, 'Connection: close', '', ''].join('\r\n'));
  let text = '';
  socket.on('data', (data) => {
    text += String(data);
  });
  await once(socket, 'close');
  return text;
}

test.each([
  ['two Host headers', ['GET /healthz HTTP/1.1', 'Host: a', 'Host: b']],
  ['the same Host header twice', ['GET /healthz HTTP/1.1', 'Host: a', 'host: a']],
  ['a version that is not spoken here', ['GET /healthz HTTP/2.0', 'Host: a']],
])('%s are refused', async (_, lines) => {
  expect(await raw(...lines)).toMatch(/^HTTP\/1\.1 400 [\s\S]*praas\.request-unreadable/);
});

test.each([['GET /healthz HTTP/1.1', 'Host: a'], ['GET /healthz HTTP/1.0']])('%s is answered', async (...lines) => {
  expect(await raw(...lines)).toMatch(/^HTTP\/1\.1 200 /);
});

test.each(['', 'k'.repeat(256), 'k\u00e9'])('an Idempotency-Key of %j is refused', async (key) => {
  const json = { mapping: { ...REQUEST, server_port: 22 } };
  const response = await api.call('post', '/v1/mappings', { headers: { 'Idempotency-Key': key }, json });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    errors: [{ code: 'praas.invalid-input', facts: { field: 'Idempotency-Key' } }],
  });
});
