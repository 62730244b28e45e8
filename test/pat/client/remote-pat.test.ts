// How calls become requests, as the API describes them, and what becomes of answers that are not as described.

import { afterEach, expect, test } from '@jest/globals';
import { openRemote, type Remote } from '../../../src/pat/client/remote.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { MappingView } from '../../../src/pat/mapping/view.ts';
import { problemOf } from '../../../src/server/http/problem.ts';
import { errorOf } from '../../support/fake-node.ts';
import { requestOf } from '../../support/requests.ts';
import { idOf, MAPPING, ROUTER, WANTED } from '../../support/samples.ts';
import { type Asked, answer, type Respond, senderTo, type TestServer, testServer } from './support.ts';

const VIEW: MappingView = { ...MAPPING, counters: { packets: 3, bytes: 180, last_hit_at: '2030-01-01T00:00:00Z' } };
const CHANGED = { warnings: ['look'] };

let server: TestServer | undefined;
let remote: Remote | undefined;
afterEach(async () => {
  await remote?.close();
  await server?.close();
});

async function remoteTo(respond: Respond): Promise<Remote> {
  server = await testServer(respond);
  let keys = 0;
  remote = openRemote(senderTo(server.url, 't'), () => `key-${++keys}`);
  return remote;
}

const always = (body: unknown): Respond => {
  return (response) => answer(response, 200, body);
};

/** What was asked, without what is the same everywhere. */
const asked = (): readonly unknown[] =>
  (server?.asked ?? []).map(({ method, url, body, headers }: Asked) => ({
    line: `${method} ${url}`,
    ...(body !== undefined && { body }),
    ...(headers['idempotency-key'] !== undefined && { key: headers['idempotency-key'] }),
  }));

test('a mapping is created under a new key each time', async () => {
  const { pat } = await remoteTo((response) => answer(response, 201, { mapping: VIEW, ...CHANGED }));
  const mapping = requestOf(WANTED);

  expect(await pat.create(mapping)).toEqual({ value: VIEW, warnings: ['look'], script: undefined });
  await pat.create(mapping, { force: true, dry_run: true });

  expect(asked()).toEqual([
    { line: 'POST /v1/mappings', body: { mapping }, key: 'key-1' },
    { line: 'POST /v1/mappings?dry_run=true&force=true', body: { mapping }, key: 'key-2' },
  ]);
});

test('a mapping is changed and read by its ID or the beginning of it, without a key', async () => {
  const { pat } = await remoteTo(always({ mapping: VIEW, ...CHANGED, script: 'rules' }));

  expect(await pat.update('0000/?#', { name: 'x' }, { dry_run: true })).toEqual({
    value: VIEW,
    warnings: ['look'],
    script: 'rules',
  });
  expect(await pat.get(idOf(1))).toEqual(VIEW);

  expect(asked()).toEqual([
    { line: 'PATCH /v1/mappings/0000%2F%3F%23?dry_run=true', body: { mapping: { name: 'x' } } },
    { line: `GET /v1/mappings/${idOf(1)}` },
  ]);
});

test.each(['', '.', '..', 'x'.repeat(37)])('%j is no ID, and nobody is asked', async (id) => {
  const { pat } = await remoteTo(always({}));

  for (const work of [() => pat.get(id), () => pat.update(id, {}), () => pat.connections(id), () => pat.delete([id])]) {
    expect((await errorOf(work())).code).toBe('MAPPING_NOT_FOUND');
  }
  expect(asked()).toEqual([]);
});

test('a list is asked for with its filter, and failures in it are errors of the catalogue', async () => {
  const failure = praasError('STORE_TOO_NEW', { path: '/srv/x', version: 9, known: 1 });
  const { pat } = await remoteTo(always({ mappings: [VIEW], failures: [problemOf(failure, 'req-1')] }));

  const listed = await pat.list({ router_id: ROUTER, server_ip: '10.20.0.51', status: 'DOWN' });
  await pat.list();

  expect(listed.mappings).toEqual([VIEW]);
  expect(listed.failures).toEqual([expect.objectContaining({ code: 'STORE_TOO_NEW', message: failure.message })]);
  expect(asked()).toEqual([
    { line: `GET /v1/mappings?router_id=${ROUTER}&server_ip=10.20.0.51&status=DOWN` },
    { line: 'GET /v1/mappings' },
  ]);
});

test('many mappings are withdrawn with several requests, and none with none', async () => {
  const ids = Array.from({ length: 12_000 }, (_, index) => idOf(index));
  const { pat } = await remoteTo((response, { body }) => {
    const count = (body as { ids: string[] }).ids.length;
    answer(response, 200, { mappings: [], warnings: [`${count} gone`], script: `${count}`, failures: [] });
  });

  expect(await pat.delete([])).toEqual({ value: [], warnings: [], script: undefined, failures: [] });
  expect(await pat.delete([], { dry_run: true })).toMatchObject({ script: '' });
  expect(asked()).toEqual([]);
  expect(await pat.delete(ids, { dry_run: true, force: true })).toEqual({
    value: [],
    warnings: ['5000 gone', '5000 gone', '2000 gone'],
    script: '5000\n5000\n2000',
    failures: [],
  });

  expect(server?.asked.map(({ url }) => url)).toEqual(Array(3).fill('/v1/mappings/delete?dry_run=true&force=true'));
  expect(server?.asked.flatMap(({ body }) => (body as { ids: string[] }).ids)).toEqual(ids);
});

test('what a later request of a large withdrawal fails with stands beside what is gone already', async () => {
  const gone = { mappings: [VIEW], warnings: [], failures: [] };
  const refused = { errors: [problemOf(praasError('MAPPING_NOT_FOUND', { id: 'x' }), 'req-2')] };
  const ids = Array.from({ length: 11_000 }, (_, index) => idOf(index));
  const { pat } = await remoteTo((response, _, before) =>
    before === 0 ? answer(response, 200, gone) : answer(response, 404, refused),
  );

  const deleted = await pat.delete(ids);

  expect(deleted).toMatchObject({ value: [VIEW], failures: [{ code: 'MAPPING_NOT_FOUND' }] });
  expect(server?.asked).toHaveLength(2);
  expect((await errorOf(pat.delete(ids))).code).toBe('MAPPING_NOT_FOUND');
});

test('connections and routers are asked for where the API has them', async () => {
  const { pat, routers } = await remoteTo((response, { url }) => {
    if (url?.endsWith('connections')) return answer(response, 200, { connections: [] });
    if (url?.includes('sync')) {
      return answer(response, 200, { sync: { router_id: 'edge', added: 1, removed: 2, moved: 3 }, ...CHANGED });
    }
    return answer(response, 404, { errors: [problemOf(praasError('ROUTE_NOT_FOUND', { path: 'x' }), 'req-1')] });
  });

  expect(await pat.connections('0000')).toEqual([]);
  expect(await pat.sync('edge', { force: true })).toEqual({
    value: { added: 1, removed: 2, moved: 3 },
    warnings: ['look'],
    script: undefined,
  });
  await errorOf(routers.list());
  await errorOf(routers.show('edge'));

  expect(asked()).toEqual([
    { line: 'GET /v1/mappings/0000/connections' },
    { line: 'POST /v1/routers/edge/sync?force=true' },
    { line: 'GET /v1/routers' },
    { line: 'GET /v1/routers/edge' },
  ]);
});

test('fields that are not known here are passed over', async () => {
  const { pat } = await remoteTo(always({ mapping: { ...VIEW, colour: 'red' }, warnings: [], links: [] }));

  expect(await pat.get('0')).toEqual(VIEW);
});

test.each([
  ['no JSON', '<html>', 'the whole of it'],
  ['nothing of a mapping', JSON.stringify({ version: 'v1' }), 'mapping'],
  ['a mapping that lacks something', JSON.stringify({ mapping: { ...VIEW, id: 7 }, warnings: [] }), 'mapping.id'],
  [
    'a name that could rewrite a terminal',
    JSON.stringify({ mapping: { ...VIEW, name: '\u001b[2J' }, warnings: [] }),
    'mapping.name',
  ],
])('an answer with %s is misunderstood, and said where', async (_, text, where) => {
  const { pat } = await remoteTo((response) => response.writeHead(200).end(text));

  const error = await errorOf(pat.get('0'));

  expect(error.code).toBe('DAEMON_BAD_RESPONSE');
  expect(error.message).toContain(`the answer to GET /v1/mappings/0 is wrong in ${where}: `);
  expect(error.message).not.toContain('\u001b');
});

test('a redirect is not followed, so the token is not sent there', async () => {
  const { pat } = await remoteTo((response) => response.writeHead(307, { Location: 'http://127.0.0.1:1/' }).end());

  expect(await errorOf(pat.list())).toMatchObject({
    code: 'DAEMON_BAD_RESPONSE',
    facts: { reason: 'HTTP 307 redirects to http://127.0.0.1:1/' },
  });
});
