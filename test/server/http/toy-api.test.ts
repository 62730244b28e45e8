/** A second product brings its API from its own folder: nothing in server/http is changed for it, only joined. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parsePolicy } from '../../../src/core/identity/policy.ts';
import { PAT_ACTIONS } from '../../../src/pat/actions.ts';
import { actionsOf } from '../../../src/server/http/api.ts';
import { docsPage } from '../../../src/server/http/docs-page.ts';
import { endpoint } from '../../../src/server/http/endpoint.ts';
import { ProcessMetrics } from '../../../src/server/http/metrics.ts';
import { openApiDocument } from '../../../src/server/http/openapi.ts';
import { readinessOf } from '../../../src/server/http/readiness.ts';
import { describeCatalogue } from '../../support/catalogue.ts';
import { POLICY_BY_DEFAULT } from '../../support/requests.ts';
import { READY, READY_CHECKS, TestApi } from './api.ts';
import { Contract } from './contract.ts';
import { TOY_ACTIONS, TOY_CHECK, toyApi } from './toy/api.ts';
import { TOY_ERRORS } from './toy/errors.ts';

const ACTIONS = { ...PAT_ACTIONS, ...TOY_ACTIONS };

let api: TestApi;
let contract: Contract;
beforeAll(async () => {
  const policy = parsePolicy({ actions: { 'bell:ring': 'member' } }, '/srv/policy.yaml', ACTIONS);
  const readiness = readinessOf([...READY_CHECKS, TOY_CHECK]);
  api = new TestApi(readiness, policy, ({ registry }) => [toyApi(registry)]);
  contract = new Contract(api.document);
  await api.open();
});
afterAll(() => api.close());

test('its routes answer beside those of the other product', async () => {
  expect(await (await api.call('get', '/v1/bells')).json()).toEqual({ bells: ['door'] });
  expect((await api.call('get', '/v1/mappings')).status).toBe(200);
});

test('its actions are in the policy, with levels and FORBIDDEN texts of their own', async () => {
  const refused = await api.call('post', '/v1/bells/door/ring', { token: 'blue-reader', json: { times: 1 } });

  expect(refused.status).toBe(403);
  const what = TOY_ACTIONS['bell:ring'].description;
  expect(await refused.json()).toMatchObject({ errors: [{ code: 'praas.forbidden', facts: { what } }] });
  const allowed = await api.call('post', '/v1/bells/door/ring', { token: 'blue-member', json: { times: 2 } });
  expect(allowed.status).toBe(204);
});

test('its bodies are parsed, its errors have codes and a status of their own, and its metrics are scraped', async () => {
  const wrong = await api.call('post', '/v1/bells/door/ring', { json: { times: 0 } });
  expect(await wrong.json()).toMatchObject({ errors: [{ code: 'praas.invalid-input', facts: { field: 'times' } }] });
  const broken = await api.call('post', '/v1/bells/tower/ring', { json: { times: 1 } });
  expect(broken.status).toBe(410);
  expect(await broken.json()).toMatchObject({ errors: [{ code: 'praas.bell-broken', facts: { bell: 'tower' } }] });
  const metrics = await (await api.call('get', '/metrics')).text();
  expect(metrics).toContain('toy_rings_total 2');
  expect(metrics).toContain('route="/v1/bells/:id/ring"');
});

test('its resources have ETags, and a condition on one is kept', async () => {
  const ring = (etag: string): Promise<Response> =>
    api.call('post', '/v1/bells/door/ring', { json: { times: 1 }, headers: { 'If-Match': etag } });
  const shown = await api.call('get', '/v1/bells/door');
  const etag = shown.headers.get('ETag') ?? '';
  expect(await contract.whyNotAnswer(contract.operation('showBell'), shown)).toBeUndefined();

  expect((await ring(etag)).status).toBe(204);
  const refused = await ring(etag);
  expect(await contract.whyNotAnswer(contract.operation('ringBell'), refused.clone())).toBeUndefined();
  expect(refused.status).toBe(412);
  expect(await refused.json()).toMatchObject({
    errors: [{ code: 'praas.precondition-failed', facts: { id: 'door' } }],
  });
});

test('its readiness check is in /readyz', async () => {
  const report = await (await api.call('get', '/readyz', { token: 'none' })).json();

  expect(report).toMatchObject({
    ready: true,
    checks: expect.arrayContaining([{ name: 'bells', ok: true, detail: '' }]),
  });
});

test('its section is in /openapi.json', () => {
  const { tags = [], paths = {}, info } = api.document;

  expect(tags.map(({ name }) => name)).toContain('bells');
  expect(info.description).toContain('A bell rings once');
  expect(info.summary?.split('. ').at(-1)).toBe('Rings bells.');
  const ring = paths['/v1/bells/{id}/ring']?.post;
  expect(ring).toMatchObject({ operationId: 'ringBell', tags: ['bells'] });
  expect(ring?.description).toMatch(/`bell:ring`.*: admin, operator/);
  expect(JSON.stringify(ring?.parameters)).toContain('name of the bell');
});

describe('alone', () => {
  test('its document and its page name nothing of another product', () => {
    const alone = openApiDocument([toyApi(new ProcessMetrics().registry)], { version: '1.0.0' });

    for (const text of [JSON.stringify(alone), docsPage(alone).html.replace(/<style>[\s\S]*<\/style>/, '')]) {
      expect(text.replaceAll('viewport', '')).not.toMatch(/mapping|router|port\b|ports\b|publish|PAT agent|monitor/i);
    }
  });
});

test('an API that uses an action or a tag that it does not declare is not mounted, nor two that declare the same', () => {
  const toy = toyApi(new ProcessMetrics().registry);

  expect(() => actionsOf([{ ...toy, actions: {} }])).toThrow('listBells');
  expect(() => actionsOf([{ ...toy, tags: [] }])).toThrow('listBells');
  expect(() => actionsOf([toy, toy])).toThrow('bell:list');
  const unparsed = toy.endpoints.map((each) => endpoint({ ...each, id: undefined } as never));
  expect(() => actionsOf([{ ...toy, endpoints: unparsed }])).toThrow('showBell');
});

test('an API whose actions the policy does not have is not mounted', () => {
  const open = (): TestApi => new TestApi(READY, POLICY_BY_DEFAULT, ({ registry }) => [toyApi(registry)]);

  expect(open).toThrow('bell:list');
});

describeCatalogue('toy', TOY_ERRORS, { BELL_BROKEN: [{ bell: 'tower' }] });
