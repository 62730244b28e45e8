/**
 * The Dataplane on netfilter. One backend is in use; what the other one still holds of ours (the operator changed
 * `backend`) is taken away as soon as the one in use has it, so a mapping is never in two places.
 */
import { isPraasError } from '../pat/errors.ts';
import type { Dataplane, Observation } from '../pat/interfaces/dataplane.ts';
import type { Forward, PublicEndpoint } from '../pat/mapping/forward.ts';
import type { Changes, ObservedForward } from '../pat/plan/changes.ts';
import type { Flow } from '../pat/plan/connection.ts';
import type { UnmanagedRule } from '../pat/plan/unmanaged-rules.ts';
import type { RouterFacts } from '../pat/router/facts.ts';
import type { PortInUse } from '../pat/router/port-in-use.ts';
import { type Backend, type BackendName, type BackendObservation, isEmptyScript, type Script } from './backend.ts';
import { deletionsOf, endFlows, readFlows } from './conntrack.ts';
import { readFacts } from './facts.ts';
import { readListeners } from './listeners.ts';
import type { Namespaces } from './namespace.ts';
import { observedForwards } from './rules.ts';

/** What this Dataplane puts into ObservedForward.handle. */
interface Handle {
  readonly backend: BackendName;
  /** The lines that take away what was found; undefined: those of the forward as it should be. */
  readonly removals?: readonly string[];
}

const NOTHING: BackendObservation = { found: [], portsInUse: [], frame: [], warnings: [] };

export class NetfilterDataplane implements Dataplane {
  readonly #namespaces: Namespaces;
  readonly #backend: Backend;
  readonly #other: Backend;

  /** `backend` is in use, `other` is only cleaned up. */
  constructor(namespaces: Namespaces, backend: Backend, other: Backend) {
    this.#namespaces = namespaces;
    this.#backend = backend;
    this.#other = other;
  }

  routers(): Promise<readonly string[]> {
    return this.#namespaces.routers();
  }

  facts(router_id: string): Promise<RouterFacts> {
    return readFacts(this.#namespaces, router_id);
  }

  async observe(router_id: string): Promise<Observation> {
    const namespace = await this.#namespaces.resolve(router_id);
    const [mine, left] = await bothOf(
      this.#backend.observe(namespace),
      this.#other.observe(namespace).catch(nothingWithoutTool),
    );
    // Without their counters: the mapping's own is that of the backend in use.
    const leftovers = forwardsIn(this.#other.name, left).map(
      ({ mapping_id, handle }): ObservedForward => ({ mapping_id, forward: undefined, handle }),
    );
    return {
      forwards: [...forwardsIn(this.#backend.name, mine), ...leftovers],
      portsInUse: [...mine.portsInUse, ...left.portsInUse],
      unmanagedRules: [...foreignIn(this.#backend.name, mine), ...foreignIn(this.#other.name, left)],
      missingBaseChains: mine.frame.length === 0 ? undefined : mine.frame,
      warnings: [...mine.warnings, ...left.warnings],
      scopeMarks: mine.scopeMarks ?? left.scopeMarks,
    };
  }

  async listeners(router_id: string): Promise<readonly PortInUse[]> {
    return readListeners(this.#namespaces, await this.#namespaces.resolve(router_id));
  }

  async apply(router_id: string, changes: Changes): Promise<void> {
    const namespace = await this.#namespaces.resolve(router_id);
    for (const [backend, script] of this.#scripts(changes)) {
      if (!isEmptyScript(script)) await backend.apply(namespace, script);
    }
  }

  async removeBaseChains(router_id: string): Promise<void> {
    const namespace = await this.#namespaces.resolve(router_id);
    for (const backend of [this.#backend, this.#other]) {
      const frame = await backend.dismantling(namespace).catch(noneWithoutTool);
      if (frame.length > 0) await backend.apply(namespace, { frame, removals: [], additions: [] });
    }
  }

  render(changes: Changes): string {
    return this.#scripts(changes)
      .filter(([, script]) => !isEmptyScript(script))
      .map(([backend, script]) => backend.text(script))
      .join('\n');
  }

  expected(forward: Forward): ObservedForward {
    const handle: Handle = { backend: this.#backend.name };
    return { mapping_id: forward.mapping_id, forward, handle };
  }

  async flows(router_id: string, endpoints: readonly PublicEndpoint[]): Promise<readonly Flow[]> {
    if (endpoints.length === 0) return [];
    return readFlows(this.#namespaces, await this.#namespaces.resolve(router_id), endpoints);
  }

  async endFlows(router_id: string, flows: readonly Flow[], spared: readonly Flow[]): Promise<void> {
    const namespace = await this.#namespaces.resolve(router_id);
    await endFlows(this.#namespaces, namespace, deletionsOf(flows, spared));
  }

  /** First everything in the backend in use, then what the other one still holds. */
  #scripts(changes: Changes): (readonly [Backend, Script])[] {
    const removalsIn = (backend: Backend): string[] =>
      [...changes.remove, ...(changes.adopt ?? [])].flatMap((each) => {
        const found = each.handle as Handle;
        if (found.backend !== backend.name) return [];
        return [...(found.removals ?? ('forward' in each && each.forward ? backend.removals(each.forward) : []))];
      });
    const additions = changes.add.flatMap((forward) => this.#backend.additions(forward));
    const frame = (changes.missingBaseChains as readonly string[] | undefined) ?? [];
    return [
      [this.#backend, { frame, removals: removalsIn(this.#backend), additions }],
      [this.#other, { frame: [], removals: removalsIn(this.#other), additions: [] }],
    ];
  }
}

function forwardsIn(backend: BackendName, observation: BackendObservation): ObservedForward[] {
  return observedForwards(observation.found).map((observed) => {
    const handle: Handle = { backend, removals: observed.handle as readonly string[] };
    return { ...observed, handle };
  });
}

function foreignIn(backend: BackendName, { unmanagedRules = [] }: BackendObservation): UnmanagedRule[] {
  return unmanagedRules.map((rule) => ({
    ...rule,
    handle: { backend, removals: [rule.handle as string] } satisfies Handle,
  }));
}

/** When both fail, the error of the first: which of two tools was quicker is no reason to name it. */
async function bothOf<T>(first: Promise<T>, second: Promise<T>): Promise<[T, T]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** A node that lacks a backend's tool holds nothing of it. */
function nothingWithoutTool(error: unknown): BackendObservation {
  if (isPraasError(error, 'TOOL_MISSING')) return NOTHING;
  throw error;
}

function noneWithoutTool(error: unknown): readonly string[] {
  return nothingWithoutTool(error).frame;
}
