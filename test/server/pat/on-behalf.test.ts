/** Who leaves the requester out does not compile; these lines are checked with the types of all tests. */
import { expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import type { NodePat, NodeRouters } from '../../../src/pat/services/api.ts';
import { fakeNode } from '../../support/fake-node.ts';
import { requestOf } from '../../support/requests.ts';
import { idOf, REQUEST } from '../../support/samples.ts';

test('services take no request without its requester', async () => {
  const pat: NodePat = fakeNode().pat;
  const given = [requestOf(REQUEST)];
  const careless = (routers: NodeRouters): unknown[] => [
    // @ts-expect-error: whose mapping?
    pat.get(idOf(1)),
    // @ts-expect-error: whose mappings?
    pat.pages({}),
    // @ts-expect-error: who updates?
    pat.update(idOf(1), { name: 'x' }, {}),
    // @ts-expect-error: who deletes?
    pat.delete([idOf(1)]),
    // @ts-expect-error: who creates?
    pat.createMany(given, { force: true }),
    // @ts-expect-error: who looks?
    routers.show('edge'),
  ];

  expect(careless).toBeInstanceOf(Function);
  expect((await pat.createMany(given, { requester: ROOT })).value).toHaveLength(1);
});
