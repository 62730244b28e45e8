/** The fake that the tests of the agent and the service stand on keeps the same promises as the real Dataplanes. */
import { expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import { dataplaneContract } from '../../support/dataplane-contract.ts';
import { FakeDataplane, FakeRouter } from '../../support/fake-dataplane.ts';
import { CALLER, FACTS, FORWARD, GATEWAY, idOf, ROUTER } from '../../support/samples.ts';

dataplaneContract('in memory', async () => {
  const router = new FakeRouter(FACTS);
  const call = async (...connection: Parameters<FakeRouter['connect']>) => void router.connect(...connection);
  return { dataplane: new FakeDataplane([router]), router_id: ROUTER, call, remove: async () => undefined };
});

test('it refuses two forwards on one endpoint, and what needs a frame that is not there', async () => {
  const router = new FakeRouter(FACTS);
  const dataplane = new FakeDataplane([router]);
  const refused = { code: 'KERNEL_REFUSED' };
  const { missingBaseChains: frame } = await dataplane.observe(ROUTER);
  const twice = [FORWARD, { ...FORWARD, mapping_id: idOf(2) }];

  await expect(
    dataplane.apply(ROUTER, { remove: [], add: [FORWARD], missingBaseChains: undefined }),
  ).rejects.toMatchObject(refused);
  await expect(dataplane.apply(ROUTER, { remove: [], add: twice, missingBaseChains: frame })).rejects.toMatchObject(
    refused,
  );
  expect(router.inPlace()).toEqual([]);
  expect(router.hasFrame).toBe(false);
});

test('a connection goes where the rules of its moment led it, until it is ended', async () => {
  const router = new FakeRouter(FACTS);
  const dataplane = new FakeDataplane([router]);
  router.inject({ ...FORWARD, allowed_cidrs: ['198.51.100.0/24'] });
  const led = router.connect(CALLER, FORWARD);
  const stranger = router.connect('192.0.2.1', FORWARD);
  router.flush();

  expect(led).toMatchObject({ replying_ip: '10.20.0.51', replying_port: 22 });
  expect(stranger).toMatchObject({ replying_ip: GATEWAY, replying_port: 4000 });
  expect(await dataplane.flows(ROUTER, [FORWARD])).toEqual([led, stranger]);
  expect(await dataplane.flows(ROUTER, [{ ...FORWARD, protocol: 'udp' }])).toEqual([]);
  await dataplane.endFlows(ROUTER, [led]);
  expect(router.flows).toEqual([stranger]);
});

test('it fails once as it is told to, and counts every call', async () => {
  const dataplane = new FakeDataplane([new FakeRouter(FACTS)]);
  dataplane.failNext('observe', praasError('TOOL_MISSING', { tool: 'nft', package: 'nftables' }));

  await expect(dataplane.observe(ROUTER)).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  await dataplane.observe(ROUTER);
  await dataplane.routers();

  expect(dataplane.calls).toEqual(['observe', 'observe', 'routers']);
});
