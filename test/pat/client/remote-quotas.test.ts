// Quotas over the API are those of the service.

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { openRemote, type Remote } from '../../../src/pat/client/remote.ts';
import type { Quotas } from '../../../src/pat/services/api.ts';
import { TestApi } from '../../server/http/api.ts';
import { errorOf } from '../../support/fake-node.ts';
import { REQUEST } from '../../support/samples.ts';
import { transportTo } from './support.ts';

let api: TestApi;
let remotes: Remote[];
beforeEach(async () => {
  api = new TestApi();
  await api.open();
  remotes = [];
});
afterEach(async () => {
  for (const remote of remotes) await remote.close();
  await api.close();
});

function remoteAs(token: string): Quotas {
  const remote = openRemote(transportTo(api.url, token), () => crypto.randomUUID());
  remotes.push(remote);
  return remote.quotas;
}

test('quotas are listed, shown, set and reset', async () => {
  const { pat, quotas: local } = api.node;
  const quotas = remoteAs('admin');
  await pat.create({ ...REQUEST, project_id: 'blue' });

  const set = await quotas.set('ü/1', { mappings: -1, ports_per_router: 3 }, ROOT);
  expect(set).toEqual(await local.show('ü/1', ROOT));
  expect(set).toMatchObject({ project_id: 'ü/1', mappings: { limit: -1 }, ports_per_router: { limit: 3 } });
  expect(await quotas.list(ROOT)).toEqual(await local.list(ROOT));
  expect(await quotas.list(ROOT)).toHaveLength(2);
  expect(await quotas.show('blue', ROOT)).toEqual(await local.show('blue', ROOT));
  expect(await quotas.reset('ü/1', ROOT)).toEqual(await local.show('ü/1', ROOT));
  expect(await quotas.list(ROOT)).toHaveLength(1);
});

test('refusals have the same codes', async () => {
  const quotas = remoteAs('blue-member');

  expect((await errorOf(quotas.show('red', ROOT))).code).toBe('PROJECT_NOT_FOUND');
  expect((await errorOf(quotas.set('blue', { mappings: 1 }, ROOT))).code).toBe('FORBIDDEN');
  expect((await errorOf(remoteAs('admin').set('blue', { mappings: -2 }, ROOT))).code).toBe('INVALID_INPUT');
});

test.each(['', '..'])(
  'the project %j, which would change the path, is refused without a request',
  async (project_id) => {
    expect((await errorOf(remoteAs('admin').reset(project_id, ROOT))).code).toBe('PROJECT_NOT_FOUND');
  },
);
