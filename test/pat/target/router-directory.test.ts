/** What is known of routers beyond the node. */

import { beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import type { CloudRouter } from '../../../src/pat/interfaces/cloud.ts';
import type { ReasonCode } from '../../../src/pat/mapping/reasons.ts';
import { MappingQuery } from '../../../src/pat/services/mapping-query.ts';
import { RouterDirectory } from '../../../src/pat/target/router-directory.ts';
import { DEMO, FakeCloud, OTHER, OTHER_ROUTER, routerOf } from '../../support/fake-cloud.ts';
import { errorOf, fakeNode } from '../../support/fake-node.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { tenant } from '../../support/requests.ts';
import { idOf, MAPPING, ROUTER, recordWith } from '../../support/samples.ts';

let cloud: FakeCloud;
let book: RouterDirectory;
beforeEach(async () => {
  cloud = new FakeCloud();
  book = new RouterDirectory();
  await book.refresh(cloud);
});

test('a name is found by whoever may know it', () => {
  expect(book.find('edge', tenant('member', DEMO))).toBe(ROUTER);
  expect(book.find('edge', ROOT)).toBe(ROUTER);
  expect(book.find('edge', tenant('member', OTHER))).toBeUndefined();
  expect(book.find('nothing', ROOT)).toBeUndefined();
});

test('a name that two routers have is nobody’s', async () => {
  cloud.itsRouters.push(routerOf({ id: idOf(121), name: 'edge' }));
  await book.refresh(cloud);

  expect(book.find('edge', tenant('member', DEMO))).toBeUndefined();
});

test('a router is visible to its project and to those who see all', () => {
  expect(book.isVisible(OTHER_ROUTER, tenant('member', OTHER))).toBe(true);
  expect(book.isVisible(OTHER_ROUTER, tenant('member', DEMO))).toBe(false);
  expect(book.isVisible(OTHER_ROUTER, ROOT)).toBe(true);
  expect(book.isVisible('a-namespace', tenant('member', DEMO))).toBe(false);
});

test('what was known stays when the cloud goes away', async () => {
  cloud.isAway = true;

  expect(await errorOf(book.refresh(cloud))).toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
  expect(book.of(ROUTER)?.name).toBe('edge');
});

test('one question at a time', async () => {
  cloud.asked.length = 0;

  await Promise.all([book.refresh(cloud), book.refresh(cloud)]);

  expect(cloud.asked).toEqual(['routers']);
});

test.each<[string, Partial<CloudRouter>, boolean, ReasonCode | null, ReasonCode]>([
  ['is disabled', { isUp: false }, false, null, 'ROUTER_DISABLED'],
  ['is elsewhere', {}, false, null, 'ROUTER_ABSENT'],
  ['has no gateway', { gateway_ips: [] }, true, 'NO_GATEWAY_ADDRESS', 'NO_EXTERNAL_GATEWAY'],
  ['is a standby instance', { isHa: true }, true, 'NO_GATEWAY_ADDRESS', 'ROUTER_STANDBY'],
])('a mapping says that its router %s', async (_, router, isHere, stored, said) => {
  const { dataplane, clock } = fakeNode();
  cloud.itsRouters[0] = routerOf({ id: ROUTER, name: 'edge', ...router });
  await book.refresh(cloud);
  const mapping = { ...MAPPING, status: 'DOWN' as const, status_code: stored };
  const store = new MemoryStore([recordWith([mapping])]);
  const here = { routers: async () => (isHere ? dataplane.routers() : []) };
  const query = new MappingQuery({ store, dataplane: here, clock, directory: book });

  expect((await query.get(MAPPING.id)).status_code).toBe(said);
});
