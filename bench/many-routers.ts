/** Many small routers for a daemon: namespaces with a gateway and a network inside, and their mappings in its store. */
import { World } from '../src/admin/demo/world.ts';
import { FileStore } from '../src/store/files/pat/file-store.ts';
import { systemClock } from '../src/system/clock.ts';
import { newName } from './namespaces.ts';
import { FURNITURE, GATEWAY, mappingsFor } from './router.ts';
import type { Options } from './row.ts';

/** Gives the ids of so many routers, which are also the names of their namespaces. */
export async function manyRouters({ steady, later, ending }: Options, count: number): Promise<readonly string[]> {
  const prefix = newName();
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  const world = new World(
    steady,
    names.map((name) => ({ name, lines: FURNITURE, isForwarding: false })),
  );
  later(() => world.remove());
  await world.build();
  ending.throwIfAborted();
  return names;
}

/**
 * Stores so many mappings of each router, as a daemon leaves them that has published them, and gives their ids. The daemon
 * must not run.
 */
export async function storeMappings(
  { steady: exec }: Options,
  state_dir: string,
  routerIds: readonly string[],
  count: number,
): Promise<readonly string[]> {
  const command = 'bench';
  const log = { warn: () => undefined };
  const files = new FileStore({ stateDir: state_dir, exec, clock: systemClock, lockTimeoutSeconds: 5, command, log });
  const ids: string[] = [];
  try {
    for (const router_id of routerIds) {
      const put = mappingsFor(router_id, count).map((mapping) => ({ ...mapping, status: 'ACTIVE' as const }));
      await files.transaction(router_id, (transaction) => transaction.commit({ put, gateways: [GATEWAY] }));
      ids.push(...put.map(({ id }) => id));
    }
    return ids;
  } finally {
    await files.close();
  }
}
