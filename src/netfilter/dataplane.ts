/**
 * The Dataplane on netfilter. One backend is in use. What the other backend still holds of praas (an operator has changed
 * `backend` in praas.conf) is deleted as soon as the one in use has it, so that no mapping is in two places.
 */
import type { Usage } from '../core/values/usage.ts';
import { isPraasError, praasError } from '../pat/errors.ts';
import type { Dataplane, Observation } from '../pat/interfaces/dataplane.ts';
import type { Forward, PublicEndpoint } from '../pat/mapping/forward.ts';
import type { Changes, ObservedForward } from '../pat/plan/changes.ts';
import type { Flow } from '../pat/plan/connection.ts';
import type { UnmanagedRule } from '../pat/plan/unmanaged-rules.ts';
import type { RouterFacts } from '../pat/router/facts.ts';
import type { Forwarding } from '../pat/router/forwarding.ts';
import type { PortInUse } from '../pat/router/port-in-use.ts';
import {
  type Backend,
  type BackendName,
  type BackendObservation,
  isEmptyTransaction,
  type Transaction,
} from './backend.ts';
import { deletionsOf, endFlows, readFlows, readTableUsage } from './conntrack.ts';
import { readFacts } from './facts.ts';
import { readForwarding } from './forwarding.ts';
import { PREROUTING } from './iptables/operation.ts';
import { readListeners } from './listeners.ts';
import type { Namespaces } from './namespace.ts';
import { type ForeignTables, readForeignTables } from './nftables/foreign-tables.ts';
import type { Ends } from './routing.ts';
import { RuleHolders } from './rule-holders.ts';
import { foundForwards } from './rules.ts';

/** What this Dataplane puts into the handle of a forward or rule that it found. */
interface Handle {
  readonly backend: BackendName;
  /** Operations of that backend that delete what was found; undefined: those of the forward as it should be. */
  readonly removals?: readonly unknown[];
}

/** The base chains of iptables. Further base chains in a table of iptables are not shown by it. */
const BUILT_IN = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

const MAX_READS = 3;
/** How nft begins what it says of a table or chain that does not exist. */
const GONE = /^Error: No such file or directory/;

const NOTHING: BackendObservation = { found: [], portsInUse: [], missingBaseChains: [], warnings: [] };

export class NetfilterDataplane implements Dataplane {
  readonly #namespaces: Namespaces;
  readonly #backend: Backend;
  readonly #other: Backend;
  readonly #holders: RuleHolders;

  /** `backend` is in use; from `other` everything of praas is deleted. */
  constructor(namespaces: Namespaces, backend: Backend, other: Backend) {
    this.#namespaces = namespaces;
    this.#backend = backend;
    this.#other = other;
    this.#holders = new RuleHolders(namespaces, (namespace) => this.#mappingsIn(namespace));
  }

  routers(): Promise<readonly string[]> {
    return this.#namespaces.routers();
  }

  facts(routerId: string): Promise<RouterFacts> {
    return readFacts(this.#namespaces, routerId);
  }

  async observe(routerId: string): Promise<Observation> {
    const namespace = await this.#namespaces.resolve(routerId);
    const holder = await this.#namespaces.besides(routerId, namespace);
    const isHolding = holder !== undefined && (await this.#mappingsIn(holder)).size > 0;
    if (isHolding) throw praasError('RULES_ELSEWHERE', { router: routerId, holder });
    return this.#observe(namespace);
  }

  /** The mappings with rules in a namespace; none where it has gone. */
  async #mappingsIn(namespace: string): Promise<ReadonlySet<string>> {
    try {
      const { forwards } = await this.#observe(namespace);
      return new Set(forwards.map(({ mapping_id }) => mapping_id));
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) return new Set();
      throw error;
    }
  }

  /** A table that was listed and is gone when it is read: the namespace was made anew meanwhile, so all of it is read again. */
  async #observe(namespace: string): Promise<Observation> {
    for (let read = 1; ; read++) {
      try {
        return await this.#observeOnce(namespace);
      } catch (error) {
        if (read === MAX_READS || !isGone(error)) throw error;
      }
    }
  }

  async #observeOnce(namespace: string): Promise<Observation> {
    const [mine, left] = await bothOf(
      this.#backend.observe(namespace),
      this.#other.observe(namespace).catch((error) => notSeenWithoutTool(error, namespace)),
    );
    requireShown(namespace, [mine, left]);
    const foreign = await this.#foreignTables(namespace, [mine, left]);
    // Without counters: those of a mapping are counted by the backend in use.
    const leftovers = forwardsIn(this.#other.name, left).map(
      ({ mapping_id, handle }): ObservedForward => ({ mapping_id, forward: undefined, handle }),
    );
    return {
      forwards: [...forwardsIn(this.#backend.name, mine), ...leftovers],
      portsInUse: [...mine.portsInUse, ...left.portsInUse, ...foreign.portsInUse],
      unmanagedRules: [...unmanagedRulesIn(this.#backend.name, mine), ...unmanagedRulesIn(this.#other.name, left)],
      missingBaseChains: mine.missingBaseChains.length === 0 ? undefined : mine.missingBaseChains,
      warnings: [...mine.warnings, ...left.warnings, ...foreign.warnings],
      scopeMarks: mine.scopeMarks ?? left.scopeMarks,
    };
  }

  /** Rules of iptables that one of the backends has read are not foreign to praas; what iptables does not show of them is. */
  #foreignTables(namespace: string, observations: readonly BackendObservation[]): Promise<ForeignTables> {
    const chains = observations.flatMap((each) => each.chains ?? []);
    const readTables = observations.flatMap((each) => each.readTables ?? []);
    const partlyShown = observations.flatMap((each) => each.partlyShown ?? []);
    return readForeignTables(this.#namespaces, namespace, chains, ({ family, table, name }) => {
      if (family !== 'ip' || !readTables.includes(table) || !BUILT_IN.includes(name)) return 'nothing';
      return table === 'nat' && !partlyShown.includes(table) ? 'chain' : 'rules';
    });
  }

  holderOf(mappingIds: readonly string[], except: readonly string[]): Promise<string | undefined> {
    return this.#holders.holderOf(mappingIds, except);
  }

  async listeners(routerId: string): Promise<readonly PortInUse[]> {
    return readListeners(this.#namespaces, await this.#namespaces.resolve(routerId));
  }

  async apply(routerId: string, changes: Changes): Promise<void> {
    const namespace = await this.#namespaces.resolve(routerId);
    for (const [backend, transaction] of this.#transactions(changes)) {
      if (!isEmptyTransaction(transaction)) await backend.apply(namespace, transaction);
    }
  }

  async removeBaseChains(routerId: string): Promise<void> {
    const namespace = await this.#namespaces.resolve(routerId);
    for (const backend of [this.#backend, this.#other]) {
      const baseChains = await backend.baseChainRemovals(namespace).catch(noneWithoutTool);
      if (baseChains.length > 0) await backend.apply(namespace, { baseChains, removals: [], additions: [] });
    }
  }

  render(changes: Changes): string {
    return this.#transactions(changes)
      .filter(([, transaction]) => !isEmptyTransaction(transaction))
      .map(([backend, transaction]) => backend.render(transaction))
      .join('\n');
  }

  expected(forward: Forward): ObservedForward {
    const handle: Handle = { backend: this.#backend.name };
    return { mapping_id: forward.mapping_id, forward, handle };
  }

  async flows(routerId: string, endpoints: readonly PublicEndpoint[]): Promise<readonly Flow[]> {
    if (endpoints.length === 0) return [];
    return readFlows(this.#namespaces, await this.#namespaces.resolve(routerId), endpoints);
  }

  async connectionTable(routerId: string): Promise<Usage | undefined> {
    return readTableUsage(this.#namespaces, await this.#namespaces.resolve(routerId));
  }

  async forwarding(routerId: string, ends: readonly Ends[] = []): Promise<Forwarding> {
    const namespace = await this.#namespaces.resolve(routerId);
    return readForwarding(this.#namespaces, namespace, { ends, backend: this.#backend.name });
  }

  async endFlows(routerId: string, flows: readonly Flow[], keep: readonly Flow[]): Promise<void> {
    const namespace = await this.#namespaces.resolve(routerId);
    await endFlows(this.#namespaces, namespace, deletionsOf(flows, keep));
  }

  /** First everything in the backend in use, then what is left in the other one. */
  #transactions(changes: Changes): (readonly [Backend, Transaction])[] {
    const removalsIn = (backend: Backend): unknown[] =>
      [...changes.remove, ...(changes.adopt ?? [])].flatMap((each) => {
        const handle = each.handle as Handle;
        if (handle.backend !== backend.name) return [];
        return handle.removals ?? ('forward' in each && each.forward ? backend.removals(each.forward) : []);
      });
    const additions = changes.add.flatMap((forward) => this.#backend.additions(forward));
    const baseChains = (changes.missingBaseChains as readonly unknown[] | undefined) ?? [];
    return [
      [this.#backend, { baseChains, removals: removalsIn(this.#backend), additions }],
      [this.#other, { baseChains: [], removals: removalsIn(this.#other), additions: [] }],
    ];
  }
}

function forwardsIn(backend: BackendName, { found }: BackendObservation): ObservedForward[] {
  return foundForwards(found).map(({ removals, ...observed }) => ({
    ...observed,
    handle: { backend, removals } satisfies Handle,
  }));
}

function unmanagedRulesIn(backend: BackendName, { unmanagedRules = [] }: BackendObservation): UnmanagedRule[] {
  return unmanagedRules.map((rule) => ({
    ...rule,
    handle: { backend, removals: [rule.handle] } satisfies Handle,
  }));
}

/**
 * Throws TABLE_UNREADABLE where nftables has the nat table with the chain of praas, and iptables does not show that table: the
 * node has changed to the other variant of iptables, or the output is a part.
 */
function requireShown(router: string, observations: readonly BackendObservation[]): void {
  const isShown = observations.some(({ readTables = [] }) => readTables.includes('nat'));
  const chains = observations.flatMap((each) => each.chains ?? []);
  const isThere = chains.some(({ family, table, name }) => family === 'ip' && table === 'nat' && name === PREROUTING);
  if (isThere && !isShown) throw praasError('TABLE_UNREADABLE', { router, table: 'nat' });
}

function isGone(error: unknown): boolean {
  return isPraasError(error, 'KERNEL_UNREADABLE') && GONE.test(error.facts.output);
}

/** When both fail, the error of the first is thrown, whichever of the two tools was faster. */
async function bothOf<T>(first: Promise<T>, second: Promise<T>): Promise<[T, T]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** A node without the tool of a backend has nothing of praas in that backend; other programs may need no tool. */
function notSeenWithoutTool(error: unknown, namespace: string): BackendObservation {
  if (!isPraasError(error, 'TOOL_MISSING')) throw error;
  const text = `${namespace}: ports that rules of other programs translate may not be seen: ${error.message}. ${error.nextSteps.join(' ')}`;
  return { ...NOTHING, warnings: [{ code: 'TRANSLATIONS_NOT_SEEN', text }] };
}

function noneWithoutTool(error: unknown): readonly unknown[] {
  if (isPraasError(error, 'TOOL_MISSING')) return [];
  throw error;
}
