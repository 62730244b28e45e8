/** A second product brings its API from its own folder, and nothing of the first one's has to be changed for it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parsePolicy } from '../../../src/core/identity/policy.ts';
import { PAT_ACTIONS } from '../../../src/pat/actions.ts';
import { actionsOf } from '../../../src/server/http/api.ts';
import { describeCatalogue } from '../../support/catalogue.ts';
import { READY, TestApi } from './api.ts';
import { TOY_ACTIONS, toyApi } from './toy/api.ts';
import { TOY_ERRORS } from './toy/errors.ts';

const ACTIONS = { ...PAT_ACTIONS, ...TOY_ACTIONS };

let api: TestApi;
beforeAll(async () => {
  const policy = parsePolicy({ actions: { 'bell:ring': 'member' } }, '/srv/policy.yaml', ACTIONS);
  api = new TestApi(READY, policy, ({ registry }) => [toyApi(registry)]);
  await api.open();
});
afterAll(() => api.close());

test('its routes answer beside those of the other product', async () => {
  expect(await (await api.call('get', '/v1/bells')).json()).toEqual({ bells: ['door'] });
  expect((await api.call('get', '/v1/mappings')).status).toBe(200);
});

test('its actions are in the policy, with levels of their own and words for who may not', async () => {
  const refused = await api.call('post', '/v1/bells/door/ring', { token: 'blue-reader', json: { times: 1 } });

  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ errors: [{ code: 'praas.forbidden', facts: { what: 'ring bells' } }] });
  const allowed = await api.call('post', '/v1/bells/door/ring', { token: 'blue-member', json: { times: 2 } });
  expect(allowed.status).toBe(204);
});

test('its bodies are parsed, its errors are told by their code, and its metrics are scraped', async () => {
  const wrong = await api.call('post', '/v1/bells/door/ring', { json: { times: 0 } });
  expect(await wrong.json()).toMatchObject({ errors: [{ code: 'praas.invalid-input', facts: { field: 'times' } }] });
  const broken = await api.call('post', '/v1/bells/tower/ring', { json: { times: 1 } });
  expect(broken.status).toBe(409);
  expect(await broken.json()).toMatchObject({ errors: [{ code: 'praas.bell-broken', facts: { bell: 'tower' } }] });
  expect(await (await api.call('get', '/metrics')).text()).toContain('toy_rings_total 2');
});

test('its section is in /openapi.json', async () => {
  const { tags = [], paths = {}, info } = api.document;

  expect(tags.map(({ name }) => name)).toContain('bells');
  expect(info.description).toContain('A bell rings once');
  const ring = paths['/v1/bells/{id}/ring']?.post;
  expect(ring).toMatchObject({ operationId: 'ringBell', tags: ['bells'] });
  expect(ring?.description).toContain('`bell:ring`, by default for: admin, operator');
  expect(JSON.stringify(ring?.parameters)).toContain('name of the bell');
});

test('an API that uses an action or a tag that it does not declare is not mounted, nor two that declare the same', () => {
  const { registry } = { registry: { registerMetric: () => undefined } as never };
  const toy = toyApi(registry);

  expect(() => actionsOf([{ ...toy, actions: {} }])).toThrow('listBells');
  expect(() => actionsOf([{ ...toy, tags: [] }])).toThrow('listBells');
  expect(() => actionsOf([toy, toy])).toThrow('bell:list');
});

describeCatalogue('toy', TOY_ERRORS, { BELL_BROKEN: [{ bell: 'tower' }] });
