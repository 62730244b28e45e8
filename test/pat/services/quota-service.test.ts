import { beforeEach, describe, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import type { QuotaService } from '../../../src/pat/services/quota-service.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { tenant } from '../../support/requests.ts';
import { REQUEST } from '../../support/samples.ts';

let node: FakeNode;
let quotas: QuotaService;
beforeEach(() => {
  node = fakeNode({ quota: { mappings: 5, ports_per_router: 3 } });
  ({ quotas } = node);
});

const OF_BLUE = { project_id: 'blue' };
const BLUE = tenant('admin', 'blue');
const limits = async (project_id: string): Promise<readonly unknown[]> => {
  const { mappings, ports_per_router, is_default } = await quotas.show(project_id, ROOT);
  return [mappings.limit, ports_per_router.limit, is_default];
};

test('a project has the default quota until one is set, and again after a reset', async () => {
  expect(await limits('blue')).toEqual([5, 3, true]);
  await quotas.set('blue', { mappings: 9, ports_per_router: -1 }, ROOT);
  expect(await limits('blue')).toEqual([9, -1, false]);
  expect(await limits('red')).toEqual([5, 3, true]);
  await quotas.reset('blue', ROOT);
  expect(await limits('blue')).toEqual([5, 3, true]);
});

test('a limit that is left out keeps its value, at first the default', async () => {
  await quotas.set('blue', { mappings: 9 }, ROOT);
  expect(await limits('blue')).toEqual([9, 3, false]);
  await quotas.set('blue', { ports_per_router: 7 }, ROOT);
  expect(await limits('blue')).toEqual([9, 7, false]);
});

test('set gives the new limits with the usage', async () => {
  await node.pat.create({ ...REQUEST, ...OF_BLUE });

  expect(await quotas.set('blue', { mappings: 0 }, ROOT)).toEqual({
    project_id: 'blue',
    is_default: false,
    mappings: { limit: 0, in_use: 1 },
    ports_per_router: { limit: 3, in_use: 1 },
  });
});

test('the list has each project with mappings or a quota of its own, sorted by ID', async () => {
  await node.pat.create({ ...REQUEST, project_id: 'red' });
  await node.pat.create({ ...REQUEST, ...OF_BLUE });
  await node.pat.create(REQUEST);
  await quotas.set('blue', { mappings: 9 }, ROOT);
  await quotas.set('green', { mappings: 9 }, ROOT);

  expect((await quotas.list(ROOT)).map(({ project_id }) => project_id)).toEqual(['blue', 'green', 'red']);
});

describe('a requester with a project', () => {
  test('sees its own project, also without mappings', async () => {
    await quotas.set('red', { mappings: 9 }, ROOT);

    expect(await quotas.list(BLUE)).toEqual([await quotas.show('blue', ROOT)]);
    expect(await quotas.show('blue', BLUE)).toMatchObject({ project_id: 'blue' });
  });

  test('does not find another project, and changes nothing there', async () => {
    const calls = [
      () => quotas.show('red', BLUE),
      () => quotas.set('red', { mappings: 9 }, BLUE),
      () => quotas.reset('red', BLUE),
    ];
    for (const call of calls) expect((await errorOf(call)).code).toBe('PROJECT_NOT_FOUND');
    expect(await limits('red')).toEqual([5, 3, true]);
  });
});
