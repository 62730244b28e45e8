import { expect, test } from '@jest/globals';
import { exceededLimit, OwnQuota } from '../../../src/pat/quota/quota.ts';

const QUOTA = { mappings: 10, ports_per_router: 4 };

test.each([
  [{ mappings: 0, onRouter: 0 }, 4, undefined],
  [{ mappings: 9, onRouter: 0 }, 1, undefined],
  [{ mappings: 9, onRouter: 0 }, 2, { what: 'mappings', limit: 10, used: 9 }],
  [{ mappings: 10, onRouter: 0 }, 1, { what: 'mappings', limit: 10, used: 10 }],
  [{ mappings: 12, onRouter: 0 }, 1, { what: 'mappings', limit: 10, used: 12 }],
  [{ mappings: 4, onRouter: 4 }, 1, { what: 'ports on one router', limit: 4, used: 4 }],
  [{ mappings: 10, onRouter: 4 }, 1, { what: 'mappings', limit: 10, used: 10 }],
])('with %j in use, %d more exceed %j', (usage, count, exceeded) => {
  expect(exceededLimit(QUOTA, usage, count)).toEqual(exceeded);
});

test('-1 is unlimited, 0 allows none', () => {
  const usage = { mappings: 5000, onRouter: 5000 };

  expect(exceededLimit({ mappings: -1, ports_per_router: -1 }, usage, 1000)).toBeUndefined();
  expect(exceededLimit({ mappings: -1, ports_per_router: 10 }, usage, 1)?.what).toBe('ports on one router');
  expect(exceededLimit({ mappings: 0, ports_per_router: -1 }, { mappings: 0, onRouter: 0 }, 1)?.limit).toBe(0);
});

test.each([[-2], [1.5], [1_000_001], ['5'], [null]])('%j is not a limit', (mappings) => {
  expect(OwnQuota.safeParse({ mappings }).success).toBe(false);
  expect(OwnQuota.safeParse({ mappings: 5 }).success).toBe(true);
});
