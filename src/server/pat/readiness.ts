/** Whether the PAT agent can do its work. */
import type { Dataplane } from '../../pat/interfaces/dataplane.ts';
import type { MappingStore } from '../../pat/interfaces/store.ts';
import { type Readiness, type ReadinessCheck, readinessOf } from '../http/readiness.ts';

interface MayDegrade {
  /** Why it works only in part; undefined while it works. */
  readonly degradedReason: string | undefined;
}

export interface PatReadinessParts {
  readonly store: Pick<MappingStore, 'routers'>;
  readonly dataplane: Pick<Dataplane, 'routers'>;
  /** Programs that praas needs and that are not installed. */
  readonly missingTools: () => readonly string[];
  readonly controller: {
    readonly hasStarted: boolean;
    readonly failing: readonly { readonly routerId: string; readonly reason: string }[];
  };
  /** Left out on a node without OpenStack. */
  readonly cloud?: MayDegrade | undefined;
  /** Left out where another process, or nobody, follows the cloud. */
  readonly monitor?: MayDegrade | undefined;
}

/** So many failing routers are named. */
const NAMED = 10;

/** Without the cloud and the monitor it does less: what it knows goes on. */
export function patReadiness(parts: PatReadinessParts): Readiness {
  const { store, dataplane, missingTools, controller, cloud, monitor } = parts;
  return readinessOf([
    { name: 'store', check: () => store.routers() },
    {
      name: 'kernel',
      async check() {
        await dataplane.routers();
        const missing = missingTools();
        if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}; install them`);
      },
    },
    {
      name: 'reconcile',
      async check() {
        if (!controller.hasStarted) throw new Error('not every router has been looked after since the start; wait');
        const { failing } = controller;
        const named = failing.slice(0, NAMED).map(({ routerId, reason }) => `${routerId}: ${reason}`);
        if (failing.length > 0)
          throw new Error(`${failing.length} router(s) cannot be looked after: ${named.join('; ')}`);
      },
    },
    ...degradationOf('cloud', cloud),
    ...degradationOf('monitor', monitor),
  ]);
}

function degradationOf(name: string, part: MayDegrade | undefined): readonly ReadinessCheck[] {
  if (part === undefined) return [];
  const check = async (): Promise<void> => {
    if (part.degradedReason !== undefined) throw new Error(part.degradedReason);
  };
  return [{ name, isOptional: true, check }];
}
