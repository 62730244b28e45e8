/** Whether the PAT agent can do its work. */
import type { Dataplane } from '../../pat/interfaces/dataplane.ts';
import type { MappingStore } from '../../pat/interfaces/store.ts';
import { type Readiness, type ReadinessCheck, readinessOf } from '../http/readiness.ts';

interface Troubled {
  readonly trouble: string | undefined;
}

export interface PatReadinessParts {
  readonly store: Pick<MappingStore, 'routers'>;
  readonly dataplane: Pick<Dataplane, 'routers'>;
  /** Programs that praas needs and that are not installed. */
  readonly missingTools: () => readonly string[];
  readonly controller: {
    readonly hasStarted: boolean;
    readonly failing: readonly { readonly router_id: string; readonly reason: string }[];
  };
  /** Left out on a node without OpenStack. */
  readonly cloud?: Troubled | undefined;
  /** Left out where another process, or nobody, follows the cloud. */
  readonly monitor?: Troubled | undefined;
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
        const named = failing.slice(0, NAMED).map(({ router_id, reason }) => `${router_id}: ${reason}`);
        if (failing.length > 0)
          throw new Error(`${failing.length} router(s) cannot be looked after: ${named.join('; ')}`);
      },
    },
    ...troubleOf('cloud', cloud),
    ...troubleOf('monitor', monitor),
  ]);
}

function troubleOf(name: string, part: Troubled | undefined): readonly ReadinessCheck[] {
  if (part === undefined) return [];
  const check = async (): Promise<void> => {
    if (part.trouble !== undefined) throw new Error(part.trouble);
  };
  return [{ name, isOptional: true, check }];
}
