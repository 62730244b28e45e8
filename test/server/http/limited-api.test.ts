/** Limits of callers in the API itself, and requests that Node reads although HTTP does not allow them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Timers } from '../../../src/core/timers.ts';
import { Limits } from '../../../src/server/http/limits.ts';
import { idOf, REQUEST, ROUTER } from '../../support/samples.ts';
import { type Call, READY, TestApi } from './api.ts';

const settings = { max_requests_per_address: 20, max_requests_per_caller: 20, writes_per_minute: 3 };
let api: TestApi;
/** While it is held, the turns of requests do not end. */
let isHolding = false;
const held: (() => void)[] = [];
/** Time passes with each turn. */
let now = 0;

beforeEach(async () => {
  held.length = 0;
  isHolding = false;
  const after: Timers['after'] = (_, work) => {
    if (isHolding) held.push(work);
    else work();
    return () => undefined;
  };
  api = new TestApi(
    READY,
    undefined,
    undefined,
    new Limits(() => settings, { after }, { elapsedMs: () => (now += 10) }),
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

const remove = (ids: readonly string[], query = ''): Promise<Response> =>
  api.call('post', `/v1/mappings/delete${query}`, { token: 'blue-admin', json: { ids } });

test('a list to delete counts as its IDs', async () => {
  const { mappings } = (await (await create(2)).json()) as { mappings: { id: string }[] };
  const ids = mappings.map(({ id }) => id);

  expect((await remove(ids.slice(0, 1))).status).toBe(200);
  expect((await remove(ids.slice(1))).status).toBe(429);
});

test('a list to delete that has more IDs than are left is refused', async () => {
  const { mappings } = (await (await create(2)).json()) as { mappings: { id: string }[] };

  expect((await remove(mappings.map(({ id }) => id))).status).toBe(429);
});

test('corrections count as so many', async () => {
  const seen = { server_ip: '10.20.0.51', server_id: null, port_id: null };
  const correction = { action: 'resume', mapping_id: idOf(9), router_id: ROUTER, seen };
  const send = (count: number): Promise<Response> =>
    api.call('post', '/v1/corrections', {
      token: 'admin',
      json: { corrections: Array.from({ length: count }, () => correction) },
    });

  expect((await send(3)).status).toBe(200);
  expect((await send(1)).status).toBe(429);
});

test('a dry run counts as no write', async () => {
  const { mappings } = (await (await create(3)).json()) as { mappings: { id: string }[] };
  const ids = mappings.map(({ id }) => id);

  expect((await create(1)).status).toBe(429);
  expect((await remove(ids, '?dry_run=true')).status).toBe(200);
  for (const [method, json] of [['patch', { mapping: { name: 'a' } }], ['delete']] as const) {
    const path = `/v1/mappings/${ids[0]}`;
    const call = { token: 'blue-admin', json } as const;
    expect((await api.call(method, `${path}?dry_run=true`, call)).status).toBe(200);
    expect((await api.call(method, path, call)).status).toBe(429);
  }
});

/** How many of these requests have a response while no turn ends; all of them have one after that. */
async function answeredInTurn(calls: readonly (() => Promise<Response>)[]): Promise<number> {
  isHolding = true;
  let answered = 0;
  const all = calls.map(async (call) => {
    await call();
    answered += 1;
  });
  // Another caller has a response in the meantime, twice: all of the requests have arrived by then.
  for (let n = 0; n < 2; n++) expect((await api.call('get', '/v1/mappings', { token: 'admin' })).status).toBe(200);
  const inTurn = answered;
  isHolding = false;
  for (let round = 0; round < 100 && answered < calls.length; round++) {
    for (const work of held.splice(0)) work();
    await setTimeout(5);
  }
  await Promise.all(all);
  return inTurn;
}

const token = 'blue-member';
/** As bytes, so that it can be what no value is. */
const sent = (body: string, bearer = token): Promise<Response> =>
  fetch(`${api.url}/v1/mappings`, { method: 'POST', headers: { 'X-Auth-Token': bearer }, body });
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const DEEP = '['.repeat(500_000);
const LATIN = { 'Content-Type': 'application/json; charset=latin1' };
test.each<[string, () => Promise<Response>]>([
  ['400: a bad list', () => api.call('post', '/v1/mappings', { token, json: { mappings: [0] } })],
  ['400: no JSON', () => api.call('post', '/v1/mappings', { token, json: undefined })],
  ['400: a deep body', () => sent(DEEP)],
  ['400: a body that is no JSON', () => sent('x'.repeat(900_000))],
  ['403', () => api.call('patch', '/v1/quotas/blue', { token, json: { quota: { mappings: 1 } } })],
  ['404', () => api.call('get', '/v1/unknown', { token })],
  ['405', () => api.call('patch', '/v1/mappings', { token, json: {} })],
  ['400: an unknown charset', () => api.call('post', '/v1/mappings', { token, headers: LATIN, json: {} })],
  ['401', () => api.call('get', '/v1/mappings', { token: 'wrong' })],
  ['a page without a token', () => api.call('get', '/openapi.json', { token: 'none' })],
  ['an unknown page', () => api.call('get', '/unknown', { token: 'none' })],
])('of many requests only two are answered at a time: %s', async (_, call) => {
  expect(await answeredInTurn(Array.from({ length: 10 }, () => call))).toBeLessThanOrEqual(2);
});

test.each<[string, string, string]>([
  ['33 levels', nested(33), 'praas.body-too-complex'],
  ['33 levels of objects', '{"a":'.repeat(33), 'praas.body-too-complex'],
  ['500,000 levels', DEEP, 'praas.body-too-complex'],
  ['200,000 values', `[${'0,'.repeat(200_000)}0]`, 'praas.body-too-complex'],
  ['200,000 empty lists', `[${'[],'.repeat(200_000)}0]`, 'praas.body-too-complex'],
  ['32 levels', nested(32), 'praas.invalid-input'],
  ['brackets and commas in text', JSON.stringify({ a: `\\"${DEEP}${','.repeat(200_000)}\\` }), 'praas.invalid-input'],
  ['text without an end', `{"a":"${DEEP}`, 'praas.request-unreadable'],
  ['a closing bracket too many', ']'.repeat(1000), 'praas.request-unreadable'],
])('a body with %s is refused as %#', async (_, body, code) => {
  const response = await sent(body);

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ code }] });
});

test('a client that hangs up while it is authenticated does not count as under way for good', async () => {
  const port = Number(new URL(api.url).port);
  const most = settings.max_requests_per_caller;
  for (let round = 0; round < 3; round++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    api.authentication = promise;
    const sockets = Array.from({ length: most - 2 }, () => connect(port, '127.0.0.1'));
    for (const socket of sockets)
      socket.write('GET /v1/mappings HTTP/1.1\r\nHost: node\r\nX-Auth-Token: blue-admin\r\n\r\n');
    await setTimeout(50);
    for (const socket of sockets) socket.destroy();
    await setTimeout(50);
    resolve();
    await setTimeout(20);
  }

  expect((await api.call('get', '/v1/mappings', { token: 'blue-admin' })).status).toBe(200);
});

test('a body is not parsed for who may not send it', async () => {
  const response = await sent(DEEP, 'blue-reader');

  expect(response.status).toBe(403);
});

test('a body waits for the turn of its caller before it is parsed', async () => {
  const parse = jest.spyOn(JSON, 'parse');
  try {
    const mine = JSON.stringify({ mapping: { router_id: 'nowhere' } });
    const parsed = (): number => parse.mock.calls.filter(([text]) => text === mine).length;
    let most = 0;
    const calls = Array.from({ length: 10 }, () => () => sent(mine));
    isHolding = true;
    const all = calls.map((call) => call());
    for (let n = 0; n < 2; n++) expect((await api.call('get', '/v1/mappings', { token: 'admin' })).status).toBe(200);
    most = parsed();
    isHolding = false;
    for (let round = 0; round < 100 && parsed() < calls.length; round++) {
      for (const work of held.splice(0)) work();
      await setTimeout(5);
    }
    await Promise.all(all);

    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2);
    expect(parsed()).toBe(calls.length);
  } finally {
    parse.mockRestore();
  }
});
