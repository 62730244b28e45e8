// Which connections are read of a router: those to the endpoints that are asked for, of however many others there are.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PublicEndpoint } from '../../src/pat/mapping/forward.ts';
import { realDataplane } from '../support/dataplane.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const dataplane = realDataplane('nftables');
let world: TestWorld;

beforeAll(async () => {
  world = await testWorld({ router: 'plain' });
});
afterAll(() => world?.remove());

const endpoint = (router_port: number, protocol: 'tcp' | 'udp' = 'tcp'): PublicEndpoint => ({
  protocol,
  gateway_ip: world.gateway,
  router_port,
});

/** Enters a connection, as one that has been seen in both directions. */
async function enter(protocol: 'tcp' | 'udp', sourcePort: number, port: number): Promise<void> {
  const ends = ['-s', '198.51.100.7', '-d', world.gateway, '--sport', String(sourcePort), '--dport', String(port)];
  const state = protocol === 'tcp' ? ['--state', 'ESTABLISHED'] : [];
  await world.run('conntrack', ['-I', '-p', protocol, ...ends, '-t', '600', '-u', 'SEEN_REPLY', ...state]);
}

const portsOf = async (endpoints: readonly PublicEndpoint[]): Promise<string[]> => {
  const flows = await dataplane.flows(world.router_id, endpoints);
  return flows
    .map(({ protocol, sourcePort, destinationPort }) => `${protocol} ${sourcePort} ${destinationPort}`)
    .toSorted();
};

test('of one endpoint, of several, and of very many', async () => {
  expect(await portsOf([endpoint(443), endpoint(444)])).toEqual([]);
  await enter('tcp', 40_001, 443);
  await enter('tcp', 40_002, 444);
  await enter('udp', 40_003, 444);
  await enter('tcp', 443, 4430);
  await enter('tcp', 40_004, 44);

  expect(await portsOf([endpoint(443)])).toEqual(['tcp 40001 443']);
  // The client of one has a port that is asked for: it may be read too.
  const several = await portsOf([endpoint(443), endpoint(444)]);
  expect(several).toEqual([
    'tcp 40001 443',
    'tcp 40002 444',
    ...several.filter((each) => each === 'tcp 443 4430'),
    'udp 40003 444',
  ]);
  const many = await portsOf(Array.from({ length: 300 }, (_, index) => endpoint(300 + index)));
  expect(many).toEqual(expect.arrayContaining(['tcp 40001 443', 'tcp 40002 444', 'udp 40003 444']));
});

test('a dump that fails is an error, for one endpoint and for several', async () => {
  const elsewhere = { ...endpoint(443), gateway_ip: 'nowhere' };
  for (const endpoints of [[elsewhere], [elsewhere, { ...elsewhere, router_port: 444 }]])
    await expect(dataplane.flows(world.router_id, endpoints)).rejects.toMatchObject({ code: 'TOOL_FAILED' });
});
