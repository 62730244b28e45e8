/** The Dataplane in memory passes the same contract as the real ones. */
import { expect, test } from '@jest/globals';
import { praasError } from '../../src/pat/errors.ts';
import { dataplaneContract } from './dataplane-contract.ts';
import { FakeDataplane, FakeRouter } from './fake-dataplane.ts';
import { CALLER, FACTS, FORWARD, GATEWAY, idOf, ROUTER } from './samples.ts';

dataplaneContract('in memory', async () => {
  const router = new FakeRouter(FACTS);
  const call = async (...connection: Parameters<FakeRouter['connect']>) => void router.connect(...connection);
  return { dataplane: new FakeDataplane([router]), router_id: ROUTER, call, remove: async () => undefined };
});

test('it refuses two forwards on one endpoint, and forwards without base chains', async () => {
  const router = new FakeRouter(FACTS);
  const dataplane = new FakeDataplane([router]);
  const refused = { code: 'KERNEL_REFUSED' };
  const { missingBaseChains } = await dataplane.observe(ROUTER);
  const twice = [FORWARD, { ...FORWARD, mapping_id: idOf(2) }];

  await expect(
    dataplane.apply(ROUTER, { remove: [], add: [FORWARD], missingBaseChains: undefined }),
  ).rejects.toMatchObject(refused);
  await expect(dataplane.apply(ROUTER, { remove: [], add: twice, missingBaseChains })).rejects.toMatchObject(refused);
  expect(router.inPlace()).toEqual([]);
  expect(router.hasBaseChains).toBe(false);
});

test('a connection keeps the translation that it began with, until it is ended', async () => {
  const router = new FakeRouter(FACTS);
  const dataplane = new FakeDataplane([router]);
  router.inject({ ...FORWARD, allowed_cidrs: ['198.51.100.0/24'] });
  const translated = router.connect(CALLER, FORWARD);
  const refused = router.connect('192.0.2.1', FORWARD);
  router.flush();

  expect(translated).toMatchObject({ replyIp: '10.20.0.51', replyPort: 22 });
  expect(refused).toMatchObject({ replyIp: GATEWAY, replyPort: 4000 });
  expect(await dataplane.flows(ROUTER, [FORWARD])).toEqual([translated, refused]);
  expect(await dataplane.flows(ROUTER, [{ ...FORWARD, protocol: 'udp' }])).toEqual([]);
  await dataplane.endFlows(ROUTER, [translated]);
  expect(router.flows).toEqual([refused]);
});

test('it fails once with a given error, and records every call', async () => {
  const dataplane = new FakeDataplane([new FakeRouter(FACTS)]);
  dataplane.failNext('observe', praasError('TOOL_MISSING', { tool: 'nft', package: 'nftables' }));

  await expect(dataplane.observe(ROUTER)).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  await dataplane.observe(ROUTER);
  await dataplane.routers();

  expect(dataplane.calls).toEqual(['observe', 'observe', 'routers']);
});
