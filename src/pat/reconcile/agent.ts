/**
 * Keeps the kernel equal to the store. Level-triggered: it compares what should be with what is and applies the smallest
 * change, in one transaction per router; doing it twice changes nothing the second time. It never flushes and never
 * touches what is not ours. It writes nothing to the store: it says what became of each mapping, and the caller notes it.
 */
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { isExpired } from '../../core/values/time.ts';
import { isPraasError } from '../errors.ts';
import type { CounterSource, InspectScope, ReconcileResult, RouterAgent, RouterView } from '../interfaces/agent.ts';
import type { Dataplane, Observation } from '../interfaces/dataplane.ts';
import { type Endpoint, endpointKey, type Forward, forwardOf } from '../mapping/forward.ts';
import { isEffective, type Mapping } from '../mapping/mapping.ts';
import type { RouterRecord } from '../mapping/record.ts';
import type { Counters } from '../mapping/view.ts';
import { type Changes, isEmptyChanges } from '../plan/changes.ts';
import { plan } from '../plan/plan.ts';
import { staleFlows } from '../plan/stale-flows.ts';
import { isSameStatus, statusOf } from '../plan/status.ts';
import { isNewTo, scopeMarkFor, withScopeMarks } from '../router/address-scope.ts';
import { masqueradeApplies, type RouterFacts } from '../router/facts.ts';
import type { Drift } from '../router/view.ts';
import { CounterTotals } from './counter-totals.ts';
import { KnownRouter } from './known-router.ts';

export class Agent implements RouterAgent, CounterSource {
  readonly #dataplane: Dataplane;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** What settlements have left in each router. Reading alone never changes it. */
  readonly #known = new Map<string, KnownRouter>();
  readonly #seen = new WeakMap<RouterView, KnownRouter>();
  readonly #counters = new CounterTotals();

  constructor(dataplane: Dataplane, clock: Clock, log: Logger) {
    this.#dataplane = dataplane;
    this.#clock = clock;
    this.#log = log;
  }

  async inspect(router_id: string, purpose: InspectScope = 'rules'): Promise<RouterView> {
    const known = purpose === 'audit' || purpose === 'kernel' ? undefined : this.#known.get(router_id);
    const [read, nowKnown, listeners] = await Promise.all([
      this.#dataplane.facts(router_id),
      known ?? this.#observe(router_id).then((observation) => new KnownRouter(observation)),
      purpose === 'port' || purpose === 'audit' ? this.#dataplane.listeners(router_id) : [],
    ]);
    const { warnings, size, scopeMarks, unmanagedRules } = nowKnown;
    if (known && isNewTo(scopeMarks, read)) {
      this.forget(router_id);
      return this.inspect(router_id, purpose);
    }
    const facts = withScopeMarks(read, scopeMarks);
    const portsInUse = [...nowKnown.portsInUse, ...listeners];
    const view = {
      facts,
      portsInUse,
      unmanagedRules,
      warnings,
      mappings_in_kernel: size,
      isFresh: known === undefined,
    };
    this.#seen.set(view, nowKnown);
    return view;
  }

  forget(router_id: string): void {
    this.#known.delete(router_id);
  }

  counters(router_id: string, mapping_id: string): Counters | undefined {
    return this.#counters.of(router_id, mapping_id);
  }

  async count(router_id: string): Promise<void> {
    if (this.#counters.isFresh(router_id, this.#clock.now())) return;
    await this.#observe(router_id);
  }

  async #observe(router_id: string): Promise<Observation> {
    const observation = await this.#dataplane.observe(router_id);
    this.#counters.record(router_id, observation.forwards, this.#clock.now());
    return observation;
  }

  drift(view: RouterView, record: RouterRecord): Drift {
    const forwards = this.#forwardsOf([...record.mappings.values()], view);
    const changes = plan(forwards, this.#seen.get(view)?.forwards() ?? []);
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
    try {
      return await this.#reconcileOnce(view, record, ids);
    } catch (error) {
      this.forget(record.router_id);
      if (view.isFresh || !isPraasError(error, 'KERNEL_REFUSED')) throw error;
      // What was remembered is not what is there: somebody flushed, or the namespace is a new one of the same name.
      // The view is fresh now, so this happens once.
      return this.reconcile(await this.inspect(record.router_id), record, ids);
    }
  }

  async #reconcileOnce(view: RouterView, record: RouterRecord, ids: readonly string[]): Promise<ReconcileResult> {
    const { router_id } = record;
    const { changes, mappings } = this.#plan(view, record, ids);
    this.#reportDrift(record, changes, ids);
    const endpoints = affectedEndpoints(record, changes);
    // There is no way back behind that: what reads connections has to work before.
    if (changes.adopt) await this.#dataplane.flows(router_id, endpoints);
    if (!isEmptyChanges(changes)) await this.#dataplane.apply(router_id, changes);
    await this.#endStaleFlows(router_id, endpoints, this.#forwardsAt(endpoints, view, record));
    const known = this.#seen.get(view);
    known?.applied(changes, this.#dataplane);
    if (known) this.#known.set(router_id, known);
    // What was known of ports that others have is true no more.
    if (changes.adopt) this.forget(router_id);
    const put = this.#withStatus(mappings, view.facts);
    return {
      delta: {
        ...(put.length > 0 && { put }),
        ...(record.pending.length > 0 && { pending: [] }),
        ...(record.adopting.length > 0 && { adopting: [] }),
      },
      added: changes.add.length,
      removed: changes.remove.length,
    };
  }

  /** Plans for the mappings named, or for all of the router when the view is fresh: then drift is repaired on the way. */
  #plan(view: RouterView, record: RouterRecord, ids: readonly string[]): Plan {
    const known = this.#seen.get(view);
    const mappings = view.isFresh ? [...record.mappings.values()] : ids.flatMap((id) => record.mappings.get(id) ?? []);
    const forwards = this.#forwardsOf(mappings, view);
    const observed = known?.forwards(view.isFresh ? undefined : ids) ?? [];
    // A router that needs nothing of ours gets no chains and no table either.
    const frame = forwards.length > 0 ? known?.missingBaseChains : undefined;
    const adopt = known?.unmanagedRules.filter(({ text }) => record.adopting.includes(text)) ?? [];
    const changes = { ...plan(forwards, observed, frame), ...(adopt.length > 0 && { adopt }) };
    return { changes, mappings };
  }

  #forwardsOf(mappings: readonly Mapping[], { facts }: RouterView): Forward[] {
    const now = this.#clock.now();
    // A gateway address that went to another router must not be taken from it. Without any, an HA router stands by.
    const isHere = ({ gateway_ip }: Mapping): boolean =>
      facts.gateways.length === 0 || facts.addresses.includes(gateway_ip);
    return mappings
      .filter((mapping) => isEffective(mapping, now) && isHere(mapping))
      .map((mapping) => forwardOf(mapping, masqueradeApplies(facts, mapping), scopeMarkFor(facts, mapping.server_ip)));
  }

  /** What is published there, by whichever mapping: an endpoint left pending need not be one of those named. */
  #forwardsAt(endpoints: readonly Endpoint[], view: RouterView, record: RouterRecord): Forward[] {
    const ports = new Set(endpoints.map(({ router_port }) => router_port));
    return this.#forwardsOf(
      [...record.mappings.values()].filter(({ router_port }) => ports.has(router_port)),
      view,
    );
  }

  async #endStaleFlows(router_id: string, endpoints: readonly Endpoint[], forwards: readonly Forward[]): Promise<void> {
    if (endpoints.length === 0) return;
    const flows = await this.#dataplane.flows(router_id, endpoints);
    const stale = staleFlows(flows, endpoints, forwards);
    if (stale.length === 0) return;
    const ending = new Set(stale);
    const spared = flows.filter((flow) => !ending.has(flow));
    await this.#dataplane.endFlows(router_id, stale, spared);
  }

  #withStatus(mappings: readonly Mapping[], facts: RouterFacts): Mapping[] {
    const now = this.#clock.now();
    return mappings.flatMap((mapping) => {
      const fields = statusOf(mapping, facts, now);
      if (isSameStatus(mapping, fields)) return [];
      return [{ ...mapping, ...fields }];
    });
  }

  /** What was asked for, what has just moved or begun, and what has expired is no drift. */
  #reportDrift(record: RouterRecord, changes: Changes, ids: readonly string[]): void {
    const { router_id, mappings, pending } = record;
    const now = this.#clock.now();
    const asked = new Set(ids);
    const moving = new Set(pending.map(endpointKey));
    const isDrift = (id: string): boolean => {
      const mapping = mappings.get(id);
      return (
        !asked.has(id) && (mapping === undefined || !(isExpired(mapping, now) || moving.has(endpointKey(mapping))))
      );
    };
    const removed = changes.remove.map(({ mapping_id }) => mapping_id).filter(isDrift);
    const added = changes.add.map(({ mapping_id }) => mapping_id).filter(isDrift);
    if (removed.length + added.length === 0) return;
    this.#log.warn('rules differed from the store and are put right', { router_id, removed, added });
  }
}

interface Plan {
  readonly changes: Changes;
  readonly mappings: readonly Mapping[];
}

/** Endpoints whose connections may contradict the rules now: those just changed and those a crash left pending. */
function affectedEndpoints(record: RouterRecord, changes: Changes): Endpoint[] {
  const removed = changes.remove.flatMap(({ forward }) => forward ?? []);
  const all = [...record.pending, ...removed, ...changes.add];
  return [...new Map(all.map((endpoint) => [endpointKey(endpoint), endpoint])).values()];
}
