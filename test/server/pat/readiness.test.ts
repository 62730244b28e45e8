import { expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import { patReadinessChecks } from '../../../src/server/pat/readiness.ts';

const WELL = {
  store: { routers: async () => [] },
  files: { checkWritable: async () => undefined },
  dataplane: { routers: async () => [] },
  routers: { noRoutersReason: async (): Promise<Error | undefined> => undefined },
  missingTools: () => [],
  controller: { hasStarted: true, failing: [] },
  events: { degradedReason: undefined },
  follower: { degradedReason: undefined },
};

test('a node without any of its routers is degraded, and says why', async () => {
  const reason = praasError('ROUTER_NOT_FOUND', { router: 'edge', known: [], directory: '/run/netns' });
  const checkOf = (noRoutersReason: () => Promise<Error | undefined>) =>
    patReadinessChecks({ ...WELL, routers: { noRoutersReason } }).find(({ name }) => name === 'routers');
  await expect(checkOf(async () => reason)?.check()).rejects.toBe(reason);
  expect(checkOf(async () => reason)?.isOptional).toBe(true);
  await expect(checkOf(async () => undefined)?.check()).resolves.toBeUndefined();
});
