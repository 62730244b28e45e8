import { messageOf } from '../../core/errors/message-of.ts';
import type { Dataplane } from '../../pat/interfaces/dataplane.ts';
import type { MappingStore } from '../../pat/interfaces/store.ts';
import type { Check, Readiness } from '../http/readiness.ts';

interface Troubled {
  readonly trouble: string | undefined;
}

export interface NodeReadinessParts {
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

export class NodeReadiness implements Readiness {
  readonly #parts: NodeReadinessParts;

  constructor(parts: NodeReadinessParts) {
    this.#parts = parts;
  }

  async check(): Promise<readonly Check[]> {
    const { store, dataplane, missingTools, controller, cloud, monitor } = this.#parts;
    return Promise.all([
      outcome('store', () => store.routers()),
      outcome('kernel', async () => {
        await dataplane.routers();
        const missing = missingTools();
        if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}; install them`);
      }),
      outcome('reconcile', async () => {
        if (!controller.hasStarted) throw new Error('not every router has been looked after since the start; wait');
        const { failing } = controller;
        const named = failing.slice(0, NAMED).map(({ router_id, reason }) => `${router_id}: ${reason}`);
        if (failing.length > 0)
          throw new Error(`${failing.length} router(s) cannot be looked after: ${named.join('; ')}`);
      }),
      ...untroubled('cloud', cloud),
      ...untroubled('monitor', monitor),
    ]);
  }
}

function untroubled(name: Check['name'], part: Troubled | undefined): Promise<Check>[] {
  if (part === undefined) return [];
  const check = async (): Promise<void> => {
    if (part.trouble !== undefined) throw new Error(part.trouble);
  };
  return [outcome(name, check)];
}

async function outcome(name: Check['name'], work: () => Promise<unknown>): Promise<Check> {
  try {
    await work();
    return { name, ok: true, detail: '' };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  }
}
