/** Requests are validated before anything is inspected. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { REQUEST } from '../../support/samples.ts';
import { TestApi } from '../http/api.ts';

let api: TestApi;
beforeEach(async () => {
  api = new TestApi();
  await api.open();
});
afterEach(() => api.close());

test.each([
  ['a port that is none', { server_port: 0 }],
  ['an address that is none', { server_ip: '10.20.0' }],
  ['a field that there is not', { colour: 'blue' }],
])('%s is refused before the router is asked', async (_, fields) => {
  const json = { mapping: { ...REQUEST, gateway_ip: '203.0.113.99', ...fields } };
  const response = await api.call('post', '/v1/mappings', { json });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ code: 'praas.invalid-input' }] });
  expect(api.node.dataplane.calls).toEqual([]);
});
