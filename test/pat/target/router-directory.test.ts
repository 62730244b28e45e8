/** The routers of Neutron: names, visibility, and why one is not on this node. */

import { beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import type { CloudRouter } from '../../../src/pat/interfaces/cloud.ts';
import type { KnownCode } from '../../../src/pat/mapping/reasons.ts';
import { MappingQuery } from '../../../src/pat/services/mapping-query.ts';
import { RouterDirectory } from '../../../src/pat/target/router-directory.ts';
import { DEMO, FakeCloud, OTHER, OTHER_ROUTER, routerOf } from '../../support/fake-cloud.ts';
import { errorOf, fakeNode } from '../../support/fake-node.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { tenant } from '../../support/requests.ts';
import { idOf, MAPPING, ROUTER, recordWith } from '../../support/samples.ts';

let cloud: FakeCloud;
let directory: RouterDirectory;
beforeEach(async () => {
  cloud = new FakeCloud();
  directory = new RouterDirectory();
  await directory.refresh(cloud);
});

test('a requester finds the routers that it sees by name', () => {
  expect(directory.find('edge', tenant('member', DEMO))).toBe(ROUTER);
  expect(directory.find('edge', ROOT)).toBe(ROUTER);
  expect(directory.find('edge', tenant('member', OTHER))).toBeUndefined();
  expect(directory.find('nothing', ROOT)).toBeUndefined();
});

test('a name that two routers have is not found', async () => {
  cloud.itsRouters.push(routerOf({ id: idOf(121), name: 'edge' }));
  await directory.refresh(cloud);

  expect(directory.find('edge', tenant('member', DEMO))).toBeUndefined();
});

test('a router is visible to its project and to those who see all', () => {
  expect(directory.isVisible(OTHER_ROUTER, tenant('member', OTHER))).toBe(true);
  expect(directory.isVisible(OTHER_ROUTER, tenant('member', DEMO))).toBe(false);
  expect(directory.isVisible(OTHER_ROUTER, ROOT)).toBe(true);
  expect(directory.isVisible('a-namespace', tenant('member', DEMO))).toBe(false);
});

test('the last list stays while OpenStack is unavailable', async () => {
  cloud.isAway = true;

  expect(await errorOf(directory.refresh(cloud))).toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
  expect(directory.of(ROUTER)?.name).toBe('edge');
});

test('concurrent refreshes share one request', async () => {
  cloud.asked.length = 0;

  await Promise.all([directory.refresh(cloud), directory.refresh(cloud)]);

  expect(cloud.asked).toEqual(['routers']);
});

test.each<[string, Partial<CloudRouter>, boolean, KnownCode | null, KnownCode]>([
  ['is disabled', { isUp: false }, false, null, 'ROUTER_DISABLED'],
  ['is on another node', {}, false, null, 'ROUTER_ABSENT'],
  ['has no gateway', { gateway_ips: [] }, true, 'NO_GATEWAY_ADDRESS', 'NO_EXTERNAL_GATEWAY'],
  ['is a standby instance', { isHa: true }, true, 'NO_GATEWAY_ADDRESS', 'ROUTER_STANDBY'],
])('the status of a mapping explains that its router %s', async (_, router, isPresent, stored, expected) => {
  const { dataplane, clock } = fakeNode();
  cloud.itsRouters[0] = routerOf({ id: ROUTER, name: 'edge', ...router });
  await directory.refresh(cloud);
  const mapping = { ...MAPPING, status: 'DOWN' as const, status_code: stored };
  const store = new MemoryStore([recordWith([mapping])]);
  const onNode = { routers: async () => (isPresent ? dataplane.routers() : []) };
  const query = new MappingQuery({ store, dataplane: onNode, clock, directory });

  expect((await query.get(MAPPING.id, ROOT)).status_code).toBe(expected);
});
