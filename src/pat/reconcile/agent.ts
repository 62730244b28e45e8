/**
 * Makes the kernel equal to the store. Level-triggered: it compares the desired state with the observed one and applies the
 * smallest change, in one transaction per router; a second reconcile changes nothing. It never flushes and never changes
 * unmanaged rules. It does not write to the store: it gives the new status of each mapping, and the caller stores it.
 */
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { isPraasError } from '../errors.ts';
import type {
  CounterSource,
  InspectScope,
  ReconcileResult,
  RouterAgent,
  RouterInspector,
  RouterView,
} from '../interfaces/agent.ts';
import type { Dataplane, Observation } from '../interfaces/dataplane.ts';
import { endpointKey, type Forward, forwardOf, type PublicEndpoint } from '../mapping/forward.ts';
import { isEffective, type Mapping } from '../mapping/mapping.ts';
import type { RouterRecord } from '../mapping/record.ts';
import type { Counters } from '../mapping/view.ts';
import { type Changes, isEmptyChanges } from '../plan/changes.ts';
import { plan } from '../plan/plan.ts';
import { isSameStatus, statusOf } from '../plan/status.ts';
import { type OpenEndpoint, stillOpen, withoutForward } from '../plan/still-open.ts';
import { hasNewInterface, scopeMarkFor, withScopeMarks } from '../router/address-scope.ts';
import { masqueradeApplies, type RouterFacts } from '../router/facts.ts';
import type { Drift } from '../router/view.ts';
import { CachedRouter } from './cached-router.ts';
import { ClosedEndpoints } from './closed-endpoints.ts';
import { CounterTotals } from './counter-totals.ts';
import { driftOf } from './repaired-drift.ts';
import { StaleConnections } from './stale-connections.ts';

/** What a reconcile will do. */
interface ReconcilePlan {
  readonly changes: Changes;
  /** The mappings whose status may change. */
  readonly mappings: readonly Mapping[];
}

export class Agent implements RouterAgent, CounterSource {
  readonly #dataplane: Dataplane;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Only a reconcile adds a router; an inspection alone never does. */
  readonly #cache = new Map<string, CachedRouter>();
  /** The rules on which each view was made. */
  readonly #inspected = new WeakMap<RouterView, CachedRouter>();
  readonly #counters = new CounterTotals();
  readonly #closed = new ClosedEndpoints();
  readonly #stale: StaleConnections;
  readonly #endsLater: boolean;

  /** With `endsLater` connections that are older than a new forward end after `reconcile`, in a process that goes on. */
  constructor(dataplane: Dataplane, clock: Clock, log: Logger, endsLater = false) {
    this.#stale = new StaleConnections(dataplane, log);
    this.#endsLater = endsLater;
    this.#dataplane = dataplane;
    this.#clock = clock;
    this.#log = log;
  }

  inspect(routerId: string, scope: InspectScope = 'rules'): Promise<RouterView> {
    return this.#inspect(this.#dataplane, routerId, scope);
  }

  /** Inspects through another Dataplane, whose programs may wait for those of changes. */
  through(dataplane: Dataplane): RouterInspector {
    return {
      inspect: (routerId, scope = 'rules') => this.#inspect(dataplane, routerId, scope),
      drift: (view, record) => this.drift(view, record),
      holderOf: (mappingIds, except) => dataplane.holderOf(mappingIds, except),
    };
  }

  async #inspect(dataplane: Dataplane, routerId: string, scope: InspectScope): Promise<RouterView> {
    const cached = scope === 'audit' || scope === 'kernel' ? undefined : this.#cache.get(routerId);
    const [plainFacts, router, listeners] = await Promise.all([
      dataplane.facts(routerId),
      cached ?? this.#observe(dataplane, routerId).then((observation) => new CachedRouter(observation)),
      scope === 'port' || scope === 'audit' ? dataplane.listeners(routerId) : [],
    ]);
    const { warnings, size, scopeMarks, unmanagedRules } = router;
    if (cached && hasNewInterface(scopeMarks, plainFacts)) {
      this.forget(routerId);
      return this.#inspect(dataplane, routerId, scope);
    }
    const view = {
      facts: withScopeMarks(plainFacts, scopeMarks),
      portsInUse: [...router.portsInUse, ...listeners],
      unmanagedRules,
      warnings,
      mappingsInKernel: size,
      isFresh: cached === undefined,
    };
    this.#inspected.set(view, router);
    return view;
  }

  holderOf(mappingIds: readonly string[], except: readonly string[]): Promise<string | undefined> {
    return this.#dataplane.holderOf(mappingIds, except);
  }

  forget(routerId: string): void {
    this.#cache.delete(routerId);
  }

  counters(routerId: string, mappingId: string): Counters | undefined {
    return this.#counters.of(routerId, mappingId);
  }

  async #observe(dataplane: Dataplane, routerId: string): Promise<Observation> {
    const observation = await dataplane.observe(routerId);
    this.#counters.record(routerId, observation.forwards, this.#clock.now());
    return observation;
  }

  drift(view: RouterView, record: RouterRecord): Drift {
    const forwards = this.#forwardsOf([...record.mappings.values()], view);
    const changes = plan(forwards, this.#inspected.get(view)?.forwards() ?? []);
    return {
      missing: changes.add.map(({ mapping_id }) => mapping_id),
      unexpected: changes.remove.map(({ mapping_id }) => mapping_id),
    };
  }

  preview(view: RouterView, record: RouterRecord, ids: readonly string[]): string {
    const { changes } = this.#plan(view, record, ids);
    return isEmptyChanges(changes) ? '' : this.#dataplane.render(changes);
  }

  async reconcile(view: RouterView, record: RouterRecord, ids: readonly string[]): Promise<ReconcileResult> {
    const { router_id: routerId } = record;
    try {
      return await this.#reconcileOnce(view, record, ids);
    } catch (error) {
      this.forget(routerId);
      if (!isPraasError(error, 'KERNEL_REFUSED')) throw error;
    }
    // The rules that were read are outdated: they were cached, or another process changed them between reading and writing.
    try {
      return await this.#reconcileOnce(await this.inspect(routerId, 'kernel'), record, ids);
    } catch (error) {
      this.forget(routerId);
      throw error;
    }
  }

  async #reconcileOnce(view: RouterView, record: RouterRecord, ids: readonly string[]): Promise<ReconcileResult> {
    const { router_id: routerId } = record;
    const { changes, mappings } = this.#plan(view, record, ids);
    const later = this.#endsLater && !view.isFresh && closesNothing(changes) ? changes.add : [];
    const changed = changedEndpoints(changes);
    const { now: endpoints, pending } = await this.#stale.sort(routerId, record.pending, changed, later);
    // Replaced rules cannot be restored, so a failure to read connections must come before the change.
    if (changes.adopt) await this.#dataplane.flows(routerId, endpoints);
    if (!isEmptyChanges(changes)) await this.#dataplane.apply(routerId, changes);
    const drift = driftOf(record, changes, ids, this.#clock.now());
    if (drift) this.#log.warn('drift repaired', { router_id: routerId, ...drift });
    await this.#stale.endNow(routerId, endpoints, this.#forwardsAt(endpoints, view, record));
    const open = this.#stillOpen(view, record, endpoints);
    this.#stale.endLater(routerId, later);
    const router = this.#inspected.get(view);
    router?.update(changes, this.#dataplane);
    if (router) this.#cache.set(routerId, router);
    // The cached ports in use include those of the replaced rules.
    if (changes.adopt) this.forget(routerId);
    const put = this.#withStatus(mappings, view.facts);
    return {
      delta: {
        ...(put.length > 0 && { put }),
        ...(record.pending.length !== pending.length && { pending }),
        ...(record.adopting.length > 0 && { adopting: [] }),
      },
      added: changes.add.length,
      removed: changes.remove.length,
      stillOpen: open,
    };
  }

  /** Takes endpoints that have changed. Gives and logs those that are open without a forward, as far as it can be seen. */
  #stillOpen(view: RouterView, record: RouterRecord, changed: readonly PublicEndpoint[]): readonly OpenEndpoint[] {
    const { router_id } = record;
    const earlier = view.isFresh ? this.#closed.take(router_id, changed) : [];
    const endpoints = [...changed, ...earlier];
    const inForce = this.#forwardsAt(endpoints, view, record);
    const open = stillOpen(endpoints, inForce, view.portsInUse);
    for (const { rule, ...endpoint } of open)
      this.#log.warn('port not closed', { router_id, endpoint: endpointKey(endpoint), rule });
    // What is told now is not told again.
    if (!view.isFresh) this.#closed.add(router_id, withoutForward(changed, [...inForce, ...open]));
    return open;
  }

  /** Plans for the mappings named, or for all of the router when the view is fresh, which also repairs drift. */
  #plan(view: RouterView, record: RouterRecord, ids: readonly string[]): ReconcilePlan {
    const router = this.#inspected.get(view);
    const mappings = view.isFresh ? [...record.mappings.values()] : ids.flatMap((id) => record.mappings.get(id) ?? []);
    const forwards = this.#forwardsOf(mappings, view);
    const observed = router?.forwards(view.isFresh ? undefined : ids) ?? [];
    // A router without mappings gets no chains and no table.
    const missingBaseChains = forwards.length > 0 ? router?.missingBaseChains : undefined;
    const adopt = router?.unmanagedRules.filter(({ text }) => record.adopting.includes(text)) ?? [];
    const changes = { ...plan(forwards, observed, missingBaseChains), ...(adopt.length > 0 && { adopt }) };
    return { changes, mappings };
  }

  #forwardsOf(mappings: readonly Mapping[], { facts }: RouterView): Forward[] {
    const now = this.#clock.now();
    // A gateway address that moved to another router must not be translated here. A standby HA instance has no gateway
    // address, and keeps its rules for a failover.
    const isHere = ({ gateway_ip }: Mapping): boolean =>
      facts.gateways.length === 0 || facts.addresses.includes(gateway_ip);
    return mappings
      .filter((mapping) => isEffective(mapping, now) && isHere(mapping))
      .map((mapping) => forwardOf(mapping, masqueradeApplies(facts, mapping), scopeMarkFor(facts, mapping.server_ip)));
  }

  /** Gives the forwards on these endpoints, of any mapping: a pending endpoint may belong to one that is not named. */
  #forwardsAt(endpoints: readonly PublicEndpoint[], view: RouterView, record: RouterRecord): Forward[] {
    return this.#forwardsOf(
      endpoints.flatMap((endpoint) => record.mappings.at(endpoint)),
      view,
    );
  }

  #withStatus(mappings: readonly Mapping[], facts: RouterFacts): Mapping[] {
    const now = this.#clock.now();
    return mappings.flatMap((mapping) => {
      const fields = statusOf(mapping, facts, now);
      if (isSameStatus(mapping, fields)) return [];
      return [{ ...mapping, ...fields }];
    });
  }
}

/** Endpoints whose connections may contradict the rules, because these change now. */
function changedEndpoints({ remove, add }: Changes): PublicEndpoint[] {
  return [...remove.flatMap(({ forward }) => forward ?? []), ...add];
}

/** True when the changes take nothing away, neither a rule of praas nor one of another program. */
function closesNothing({ remove, adopt = [] }: Changes): boolean {
  return remove.length + adopt.length === 0;
}
