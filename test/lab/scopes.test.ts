/** A network in an address scope of its own: Neutron's rules drop what comes from outside, unless it is marked. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Json } from '../../lab/api.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { TestDaemon } from '../support/daemon.ts';
import { fromOutside, lab, SEEN_BY, startDaemon, TENANTS } from '../support/lab.ts';

const NAME = 'scoped';

let daemon: TestDaemon;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  daemon = await startDaemon();
});
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  await daemon.remove();
});

/** Makes a thing of Neutron's that goes with the test. */
async function make(collection: string, key: string, facts: object): Promise<string> {
  const { demo } = TENANTS;
  const made: Json = await demo.call('network', 'POST', `/${collection}`, { [key]: { name: NAME, ...facts } });
  const id: string = made[key].id;
  cleanups.push(() => demo.call('network', 'DELETE', `/${collection}/${id}`));
  return id;
}

test('is published with the mark that its rules ask for, and closed again', async () => {
  const addressScopeId = await make('address-scopes', 'address_scope', { ip_version: 4 });
  const subnetpoolId = await make('subnetpools', 'subnetpool', {
    address_scope_id: addressScopeId,
    prefixes: ['10.40.0.0/16'],
  });
  const network_id = await make('networks', 'network', {});
  await make('subnets', 'subnet', { network_id, subnetpool_id: subnetpoolId, ip_version: 4, prefixlen: 24 });
  await lab('router', 'create', NAME, '--gateway', '--subnet', NAME);
  cleanups.push(() => lab('router', 'delete', NAME));
  await lab('server', 'create', NAME, '--network', NAME);
  cleanups.push(() => lab('server', 'delete', NAME));
  await lab('listen', NAME, '8080');

  const token = await TENANTS.demo.token();
  const body = { mapping: { server: NAME, server_port: 8080 } };
  const { mapping } = (await daemon.ask<{ mapping: Mapping }>('POST', '/v1/mappings', { token, body })).body;
  const { gateway_ip, router_port } = mapping;
  expect(await fromOutside(gateway_ip, router_port)).toBe(SEEN_BY(NAME));
  const { check } = (await daemon.ask<{ check: Json }>('GET', `/v1/mappings/${mapping.id}/check`)).body;
  expect(check.hops.find((each: Json) => each.hop === 'address_scope').detail).toMatch(/mark .* 0x[0-9a-f]+/);

  await daemon.ask('DELETE', `/v1/mappings/${mapping.id}`, { token });
  expect(await fromOutside(gateway_ip, router_port)).toBe('refused');
});
