/** Events and corrections over the API: the same as the services give, for any number of corrections. */

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { openRemote, type Remote } from '../../../src/pat/client/remote.ts';
import { praasError } from '../../../src/pat/errors.ts';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { TestApi } from '../../server/http/api.ts';
import { idOf, REQUEST, ROUTER } from '../../support/samples.ts';
import { transportTo } from './support.ts';

const seen = { server_ip: REQUEST.server_ip, server_id: null, port_id: null };
const removal = (n: number) =>
  ({
    action: 'delete',
    mapping_id: idOf(n),
    router_id: ROUTER,
    seen,
    reason: reason('SERVER_DELETED', { server: idOf(5) }),
  }) as const;

let api: TestApi;
let remote: Remote;
beforeEach(async () => {
  api = new TestApi();
  await api.open();
  remote = openRemote(transportTo(api.url, 'admin'), () => crypto.randomUUID());
});
afterEach(async () => {
  await remote.close();
  await api.close();
});

test('a correction is applied, and its result is received', async () => {
  const { value: mapping } = await api.node.pat.create(REQUEST);
  const correction = { ...removal(0), mapping_id: mapping.id };

  const { applied, failures } = await remote.corrections.apply([correction]);

  expect([applied, failures]).toMatchObject([[{ correction, mapping: { id: mapping.id } }], []]);
  expect((await remote.pat.list({}, ROOT)).mappings).toEqual([]);
  expect(await remote.events.list({ mapping_id: mapping.id })).toEqual(api.node.events.events);
  expect(await remote.events.list({ type: 'deleted', after: 1, limit: 5 })).toMatchObject([
    { by: { kind: 'monitor' } },
  ]);
});

test('a router that fails is an error of the catalogue with its facts', async () => {
  const { value: mapping } = await api.node.pat.create(REQUEST);
  api.node.dataplane.failNext('apply', praasError('KERNEL_BUSY', { router: ROUTER, seconds: 10 }));

  const { applied, failures } = await remote.corrections.apply([{ ...removal(0), mapping_id: mapping.id }]);

  expect(applied).toEqual([]);
  expect(failures).toMatchObject([{ code: 'KERNEL_BUSY', facts: { router: ROUTER, seconds: 10 } }]);
});

test('five thousand corrections take several requests', async () => {
  const many = Array.from({ length: 5000 }, (_, n) => removal(100 + n));

  expect(await remote.corrections.apply(many)).toEqual({ applied: [], failures: [] });
});
