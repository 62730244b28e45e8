/** What is known of routers beyond the node. */

import { beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { MappingQuery } from '../../../src/pat/services/mapping-query.ts';
import { RouterBook } from '../../../src/pat/target/router-directory.ts';
import { DEMO, FakeCloud, OTHER, OTHER_ROUTER, routerOf } from '../../support/fake-cloud.ts';
import { errorOf, fakeNode } from '../../support/fake-node.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { tenant } from '../../support/requests.ts';
import { idOf, MAPPING, ROUTER, recordWith } from '../../support/samples.ts';

let cloud: FakeCloud;
let book: RouterBook;
beforeEach(async () => {
  cloud = new FakeCloud();
  book = new RouterBook();
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

test.each([
  ['is down', { isUp: false }, false, '', 'router edge is down (admin_state_up is false)'],
  ['is elsewhere', {}, false, '', 'the router is not on this node'],
  [
    'has no gateway',
    { gateway_ips: [] },
    true,
    'the router has no gateway address',
    'router edge has no external gateway',
  ],
  [
    'stands by',
    { isHa: true },
    true,
    'the router has no gateway address',
    'router edge stands by on this node: its gateway is on another one',
  ],
])('a mapping says that its router %s', async (_, router, isHere, stored, said) => {
  const { dataplane, clock } = fakeNode();
  cloud.itsRouters[0] = routerOf({ id: ROUTER, name: 'edge', ...router });
  await book.refresh(cloud);
  const mapping = { ...MAPPING, status: 'DOWN' as const, status_reason: stored };
  const store = new MemoryStore([recordWith([mapping])]);
  const here = { routers: async () => (isHere ? dataplane.routers() : []) };
  const query = new MappingQuery({ store, dataplane: here, clock, book });

  expect((await query.get(MAPPING.id)).status_reason).toBe(said);
});
