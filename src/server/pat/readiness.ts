/** The readiness checks of the PAT agent. */
import { counted } from '../../core/values/counted.ts';
import type { Dataplane } from '../../pat/interfaces/dataplane.ts';
import type { MappingStore } from '../../pat/interfaces/store.ts';
import type { ReadinessCheck } from '../http/readiness.ts';

interface Component {
  /** Why it does not work; undefined while it does. */
  readonly degradedReason: string | undefined;
}

interface PatReadinessParts {
  readonly store: Pick<MappingStore, 'routers'>;
  /** Throws why no change can be written. */
  readonly files: { checkWritable(): Promise<void> };
  readonly dataplane: Pick<Dataplane, 'routers'>;
  /** Gives why no router at all is on this node although mappings are stored. */
  readonly routers: { noRoutersReason(): Promise<Error | undefined> };
  /** Programs that praas needs and that are not installed. */
  readonly missingTools: () => readonly string[];
  readonly controller: {
    readonly hasStarted: boolean;
    readonly failing: readonly { readonly routerId: string; readonly reason: string }[];
  };
  /** Degraded while the events of a day are not all there. */
  readonly events: Component;
  /** Degraded while security group rules that have to go would be forgotten. */
  readonly follower: Component;
  /** Left out on a node without OpenStack. */
  readonly cloud?: Component | undefined;
  /** Left out where the monitor does not run in this process. */
  readonly monitor?: Component | undefined;
}

const MAX_NAMED_ROUTERS = 10;

/**
 * Without the cloud and the monitor the agent is degraded: it keeps the mappings that it knows. So it is on a full disk: mappings are
 * read and deleted. So it is while there is no router, as after a boot until the L3 agent has made them.
 */
export function patReadinessChecks(parts: PatReadinessParts): readonly ReadinessCheck[] {
  const { store, files, dataplane, routers, missingTools, controller, events, follower, cloud, monitor } = parts;
  return [
    { name: 'store', check: () => store.routers() },
    { name: 'disk', isOptional: true, check: () => files.checkWritable() },
    {
      name: 'kernel',
      async check() {
        await dataplane.routers();
        const missing = missingTools();
        if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}. Install the missing programs.`);
      },
    },
    {
      name: 'reconcile',
      async check() {
        if (!controller.hasStarted) throw new Error('initial reconcile in progress. Try again later.');
        const { failing } = controller;
        const named = failing.slice(0, MAX_NAMED_ROUTERS).map(({ routerId, reason }) => `${routerId}: ${reason}`);
        if (failing.length > 0)
          throw new Error(`reconcile failed for ${counted(failing.length, 'router')}: ${named.join('; ')}`);
      },
    },
    {
      name: 'routers',
      isOptional: true,
      async check() {
        const reason = await routers.noRoutersReason();
        if (reason !== undefined) throw reason;
      },
    },
    ...checkOf('events', events),
    ...checkOf('security_groups', follower),
    ...checkOf('cloud', cloud),
    ...checkOf('monitor', monitor),
  ];
}

function checkOf(name: string, component: Component | undefined): readonly ReadinessCheck[] {
  if (component === undefined) return [];
  const check = async (): Promise<void> => {
    if (component.degradedReason !== undefined) throw new Error(component.degradedReason);
  };
  return [{ name, isOptional: true, check }];
}
