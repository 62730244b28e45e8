// Which requests the calls send, and how responses become values or errors.

import { afterEach, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { openRemote, type Remote } from '../../../src/pat/client/remote.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { MappingView } from '../../../src/pat/mapping/view.ts';
import { problemOf } from '../../../src/server/http/problem.ts';
import { errorOf } from '../../support/fake-node.ts';
import { requestOf } from '../../support/requests.ts';
import { idOf, MAPPING, REQUEST, ROUTER } from '../../support/samples.ts';
import { type Asked, answer, type Respond, type TestServer, testServer, transportTo } from './support.ts';

const VIEW: MappingView = { ...MAPPING, counters: { packets: 3, bytes: 180, last_hit_at: '2030-01-01T00:00:00Z' } };
const CHANGED = { warnings: ['a warning'] };

let server: TestServer | undefined;
let remote: Remote | undefined;
afterEach(async () => {
  await remote?.close();
  await server?.close();
});

async function remoteTo(handler: Respond): Promise<Remote> {
  server = await testServer(handler);
  let keys = 0;
  remote = openRemote(transportTo(server.url, 't'), () => `key-${++keys}`);
  return remote;
}

const always = (body: unknown): Respond => {
  return (response) => answer(response, 200, body);
};

/** The requests that the server received, without the headers that all of them have. */
const requests = (): readonly unknown[] =>
  (server?.asked ?? []).map(({ method, url, body, headers }: Asked) => ({
    line: `${method} ${url}`,
    ...(body !== undefined && { body }),
    ...(headers['idempotency-key'] !== undefined && { key: headers['idempotency-key'] }),
  }));

test('each create has a new idempotency key', async () => {
  const { pat } = await remoteTo((response) => answer(response, 201, { mapping: VIEW, ...CHANGED }));
  const mapping = requestOf(REQUEST);

  expect(await pat.create(mapping, { requester: ROOT })).toEqual({
    value: VIEW,
    warnings: ['a warning'],
    script: undefined,
  });
  await pat.create(mapping, { requester: ROOT, force: true, dryRun: true });

  expect(requests()).toEqual([
    { line: 'POST /v1/mappings', body: { mapping }, key: 'key-1' },
    { line: 'POST /v1/mappings?dry_run=true&force=true', body: { mapping }, key: 'key-2' },
  ]);
});

test('a mapping is updated and shown by its ID or an ID prefix, without an idempotency key', async () => {
  const { pat } = await remoteTo(always({ mapping: VIEW, ...CHANGED, script: 'rules' }));

  expect(await pat.update('0000/?#', { name: 'x' }, { requester: ROOT, dryRun: true })).toEqual({
    value: VIEW,
    warnings: ['a warning'],
    script: 'rules',
  });
  expect(await pat.get(idOf(1), ROOT)).toEqual(VIEW);

  expect(requests()).toEqual([
    { line: 'PATCH /v1/mappings/0000%2F%3F%23?dry_run=true', body: { mapping: { name: 'x' } } },
    { line: `GET /v1/mappings/${idOf(1)}` },
  ]);
});

test.each(['', '.', '..', 'x'.repeat(37)])('%j is not an ID, and no request is sent', async (id) => {
  const { pat } = await remoteTo(always({}));

  for (const work of [
    () => pat.get(id, ROOT),
    () => pat.update(id, {}, { requester: ROOT }),
    () => pat.connections(id, ROOT),
    () => pat.delete([id], { requester: ROOT }),
  ]) {
    expect((await errorOf(work())).code).toBe('MAPPING_NOT_FOUND');
  }
  expect(requests()).toEqual([]);
});

test('a list sends its filter, and gives failures as errors of the catalogue', async () => {
  const failure = praasError('STORE_TOO_NEW', { path: '/srv/x', version: 9, known: 1 });
  const { pat } = await remoteTo(always({ mappings: [VIEW], failures: [problemOf(failure, 'req-1')] }));

  const listed = await pat.list({ router_id: ROUTER, server_ip: '10.20.0.51', status: 'DOWN' }, ROOT);
  await pat.list({}, ROOT);

  expect(listed.mappings).toEqual([VIEW]);
  expect(listed.failures).toEqual([expect.objectContaining({ code: 'STORE_TOO_NEW', facts: failure.facts })]);
  expect(requests()).toEqual([
    { line: `GET /v1/mappings?router_id=${ROUTER}&server_ip=10.20.0.51&status=DOWN` },
    { line: 'GET /v1/mappings' },
  ]);
});

test('a mapping of a newer daemon keeps codes and sentences that this version does not know', async () => {
  const reason = {
    code: 'SERVER_MIGRATING',
    facts: { server: 'web', hosts: ['a', 'b'] },
    since: '2030-01-31T12:00:00Z',
  };
  const newer = {
    ...VIEW,
    status: 'DOWN',
    status_code: 'SERVER_MIGRATING',
    status_reason: 'server web is being migrated',
    suspension: { reason, rules_removed: false, is_planned: true },
    is_mirrored: true,
  };
  const { pat } = await remoteTo(always({ mappings: [newer], failures: [] }));

  const { mappings } = await pat.list({}, ROOT);

  const { since: _, ...known } = reason;
  expect(mappings).toEqual([
    {
      ...VIEW,
      status: 'DOWN',
      status_code: 'SERVER_MIGRATING',
      status_reason: 'server web is being migrated',
      suspension: { reason: known, rules_removed: false },
    },
  ]);
});

test('many mappings are deleted with several requests, and none with no request', async () => {
  const ids = Array.from({ length: 12_000 }, (_, index) => idOf(index));
  const { pat } = await remoteTo((response, { body }) => {
    const count = (body as { ids: string[] }).ids.length;
    answer(response, 200, { mappings: [], warnings: [`${count}`], script: `${count}`, failures: [] });
  });

  expect(await pat.delete([], { requester: ROOT })).toEqual({
    value: [],
    warnings: [],
    script: undefined,
    failures: [],
  });
  expect(await pat.delete([], { requester: ROOT, dryRun: true })).toMatchObject({ script: '' });
  expect(requests()).toEqual([]);
  expect(await pat.delete(ids, { requester: ROOT, dryRun: true, force: true })).toEqual({
    value: [],
    warnings: ['5000', '5000', '2000'],
    script: '5000\n5000\n2000',
    failures: [],
  });

  expect(server?.asked.map(({ url }) => url)).toEqual(Array(3).fill('/v1/mappings/delete?dry_run=true&force=true'));
  expect(server?.asked.flatMap(({ body }) => (body as { ids: string[] }).ids)).toEqual(ids);
});

test('a later request of a large delete that fails is a failure beside the deleted mappings', async () => {
  const success = { mappings: [VIEW], warnings: [], failures: [] };
  const refused = { errors: [problemOf(praasError('MAPPING_NOT_FOUND', { id: 'x' }), 'req-2')] };
  const ids = Array.from({ length: 11_000 }, (_, index) => idOf(index));
  const { pat } = await remoteTo((response, _, before) =>
    before === 0 ? answer(response, 200, success) : answer(response, 404, refused),
  );

  const deleted = await pat.delete(ids, { requester: ROOT });

  expect(deleted).toMatchObject({ value: [VIEW], failures: [{ code: 'MAPPING_NOT_FOUND' }] });
  expect(server?.asked).toHaveLength(2);
  expect((await errorOf(pat.delete(ids, { requester: ROOT }))).code).toBe('MAPPING_NOT_FOUND');
});

test('connections, sync and routers have their own paths', async () => {
  const { pat, routers } = await remoteTo((response, { url }) => {
    if (url?.endsWith('connections')) return answer(response, 200, { connections: [] });
    if (url?.includes('sync')) {
      return answer(response, 200, { sync: { router_id: 'edge', added: 1, removed: 2, moved: 3 }, ...CHANGED });
    }
    return answer(response, 404, { errors: [problemOf(praasError('ROUTE_NOT_FOUND', { path: 'x' }), 'req-1')] });
  });

  expect(await pat.connections('0000', ROOT)).toEqual([]);
  expect(await pat.sync('edge', { requester: ROOT, force: true })).toEqual({
    value: { added: 1, removed: 2, moved: 3 },
    warnings: ['a warning'],
    script: undefined,
  });
  await errorOf(routers.list(ROOT));
  await errorOf(routers.show('edge', ROOT));

  expect(requests()).toEqual([
    { line: 'GET /v1/mappings/0000/connections' },
    { line: 'POST /v1/routers/edge/sync?force=true' },
    { line: 'GET /v1/routers' },
    { line: 'GET /v1/routers/edge' },
  ]);
});

test('unknown fields are ignored', async () => {
  const { pat } = await remoteTo(always({ mapping: { ...VIEW, colour: 'red' }, warnings: [], links: [] }));

  expect(await pat.get('0', ROOT)).toEqual(VIEW);
});

test.each([
  ['no JSON', '<html>', 'top level'],
  ['no mapping', JSON.stringify({ version: 'v1' }), 'mapping'],
  ['an invalid mapping', JSON.stringify({ mapping: { ...VIEW, id: 7 }, warnings: [] }), 'mapping.id'],
  [
    'control characters in a name',
    JSON.stringify({ mapping: { ...VIEW, name: '\u001b[2J' }, warnings: [] }),
    'mapping.name',
  ],
])('a response with %s is a bad response, reported with the place', async (_, text, where) => {
  const { pat } = await remoteTo((response) => response.writeHead(200).end(text));

  const { code, facts } = await errorOf(pat.get('0', ROOT));

  expect(code).toBe('DAEMON_BAD_RESPONSE');
  for (const part of ['GET /v1/mappings/0', where]) expect(facts['reason']).toContain(part);
  expect(facts['reason']).not.toContain('\u001b');
});

test('a redirect is not followed, because that would send the token to another server', async () => {
  const { pat } = await remoteTo((response) => response.writeHead(307, { Location: 'http://127.0.0.1:1/' }).end());

  expect(await errorOf(pat.list({}, ROOT))).toMatchObject({
    code: 'DAEMON_BAD_RESPONSE',
    facts: { reason: 'HTTP 307 redirects to http://127.0.0.1:1/' },
  });
});
