/**
 * The mappings of this node, for the command line and the API. Each change takes the same steps: decide (pure), write to the
 * store (durable), let the agent reconcile the kernel, store the resulting status.
 */

import type { AccessPolicy } from '../../core/identity/policy.ts';
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import type { NewId } from '../../core/ids.ts';
import type { Changed, ChangeOptions, Outcome, Synced } from '../change/change.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { decideCreate, decideDelete, findPublished } from '../change/decision.ts';
import type { Condition, Decision, PatSettings, Situation } from '../change/situation.ts';
import { isPraasError } from '../errors.ts';
import type { CounterSource } from '../interfaces/agent.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { QuotaReserver } from '../interfaces/quota.ts';
import type { SecurityGroupAccess } from '../interfaces/security-groups.ts';
import type { MappingStore } from '../interfaces/store.ts';
import type { Targets } from '../interfaces/target.ts';
import { endpointOf } from '../mapping/forward.ts';
import type { Mapping, MappingPatch, NewMapping, Status } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';
import type { Connection } from '../plan/connection.ts';
import { requireRouterPort } from '../target/permissions.ts';
import type { DeletedMappings, MappingFilter, MappingList, MappingPages, NodePat } from './api.ts';
import { MappingCreation } from './create-mappings.ts';
import type { GroupFollower } from './group-follower.ts';
import { MappingQuery, type MappingQueryParts } from './mapping-query.ts';
import { MappingUpdate } from './update-mapping.ts';

interface PatServiceParts extends MappingQueryParts {
  readonly store: MappingStore;
  readonly dataplane: Pick<Dataplane, 'routers' | 'flows'>;
  readonly runner: ChangeRunner;
  readonly newId: NewId;
  readonly settings: PatSettings;
  /** Decides who may use any router port. */
  readonly access: AccessPolicy;
  readonly targets: Targets;
  readonly quotas?: QuotaReserver | undefined;
  readonly groups?: SecurityGroupAccess | undefined;
  /** Makes the rules of security groups follow the mappings. */
  readonly follower: GroupFollower;
  /** Left out where no daemon reads counters. */
  readonly counters?: CounterSource;
}

export class PatService implements NodePat {
  readonly #parts: PatServiceParts;
  readonly #query: MappingQuery;
  readonly #creation: MappingCreation;
  readonly #updates: MappingUpdate;

  constructor(parts: PatServiceParts) {
    this.#parts = parts;
    this.#query = new MappingQuery(parts);
    const view = (mapping: Mapping): MappingView => this.#view(mapping);
    const requirePort = (port: number | undefined, requester: Requester): void => this.#requirePort(port, requester);
    this.#creation = new MappingCreation({ ...parts, view, requirePort });
    this.#updates = new MappingUpdate({ ...parts, view, requirePort });
  }

  /** Throws ROUTER_NOT_FOUND, FORBIDDEN, what Targets, QuotaReserver, decideCreate and the agent throw. */
  async create(request: MappingRequest, options: ChangeOptions): Promise<Changed<MappingView>> {
    return firstOf(await this.createMany([request], options));
  }

  /**
   * Creates all of them or none. `ids` are used instead of generated ones. Throws as create does, MAPPING_EXISTS where a mapping
   * has one of the IDs, and INVALID_INPUT for no request or for requests of several routers.
   */
  createMany(
    requests: readonly MappingRequest[],
    options: ChangeOptions,
    ids: readonly string[] = requests.map(() => this.#parts.newId()),
  ): Promise<Changed<readonly MappingView[]>> {
    return this.#creation.run(requests, options, ids);
  }

  /**
   * Creates a mapping unless that router publishes the same port of the same server already (with that protocol, and on that
   * gateway address when one is given): then it gives that mapping and changes nothing.
   */
  ensure(input: NewMapping, options: ChangeOptions): Promise<Changed<{ mapping: MappingView; isNew: boolean }>> {
    const id = this.#parts.newId();
    return this.#parts.runner.run<{ mapping: MappingView; isNew: boolean }>(input.router_id, {
      options,
      requiresRouter: true,
      scope: 'port',
      decide: (situation) => {
        const present = findPublished(situation, input);
        if (present) return { delta: {}, ids: [], value: () => ({ mapping: this.#view(present), isNew: false }) };
        const outcome = this.#outcomeOf(decideCreate(situation, input, id));
        return { ...outcome, value: (record, done) => ({ mapping: outcome.value(record, done), isNew: true }) };
      },
    });
  }

  /** Throws what the condition throws, and what Targets, decideUpdate and the agent throw. */
  async update(id: string, patch: MappingPatch, options: ChangeOptions): Promise<Changed<MappingView>> {
    return this.#updates.run(await this.#query.get(id, options.requester), patch, options);
  }

  /**
   * Resolves all IDs before it deletes anything. The mappings of one router are deleted all or none. Gives the deleted mappings,
   * and why those of other routers were not deleted. Throws when none could be deleted.
   */
  async delete(ids: readonly string[], options: ChangeOptions): Promise<DeletedMappings> {
    const { requester, condition, dryRun = false } = options;
    const resolved = await this.#query.resolve(ids, requester);
    const unique = [...new Map(resolved.map((mapping) => [mapping.id, mapping])).values()];
    if (!dryRun) await this.#parts.follower.expect(unique);
    const results: Changed<readonly MappingView[]>[] = [];
    const failures: Error[] = [];
    for (const [routerId, mappings] of Map.groupBy(unique, (mapping) => mapping.router_id)) {
      const decide = (situation: Situation): Outcome<readonly MappingView[]> =>
        this.#deletion(situation, mappings, condition);
      try {
        const change = { options, requiresRouter: false, scope: 'rules', decide } as const;
        results.push(await this.#parts.runner.run(routerId, change));
      } catch (error) {
        if (!isPraasError(error)) throw error;
        failures.push(error);
      }
    }
    if (results.length === 0 && failures[0] !== undefined) throw failures[0];
    const deleted = results.flatMap(({ value }) => value);
    const ruleWarnings = dryRun ? [] : await this.#parts.follower.follow(deleted);
    return {
      value: deleted,
      warnings: [...results.flatMap(({ warnings }) => warnings), ...ruleWarnings],
      script: dryRun ? results.flatMap(({ script }) => script || []).join('\n') : undefined,
      failures,
    };
  }

  /** Reads the kernel rules of the router and reconciles them. Throws ROUTER_NOT_FOUND, and as the agent does. */
  sync(routerId: string, options: ChangeOptions): Promise<Changed<Synced>> {
    return this.#parts.runner.run<Synced>(routerId, {
      options,
      requiresRouter: true,
      scope: 'kernel',
      reconciles: true,
      decide: () => ({ delta: {}, ids: [], value: (_, done) => done }),
    });
  }

  async list(filter: MappingFilter, requester: Requester): Promise<MappingList> {
    const stored = await this.#query.list(filter, requester);
    return { mappings: Array.from(stored, (mapping) => this.#view(mapping)), failures: stored.failures };
  }

  async pages(filter: MappingFilter, requester: Requester): Promise<MappingPages> {
    const stored = await this.#query.list(filter, requester);
    const view = (mapping: Mapping): MappingView => this.#view(mapping);
    const get = (id: string): MappingView | undefined => {
      const mapping = stored.get(id);
      return mapping && view(mapping);
    };
    return {
      failures: stored.failures,
      get,
      after: (mapping) => stored.after(mapping).map(view),
      [Symbol.iterator]: () => stored[Symbol.iterator]().map(view),
    };
  }

  /** Gives the number of mappings in each status; a status that none has is left out. */
  async countByStatus(): Promise<ReadonlyMap<Status, number>> {
    const counts = new Map<Status, number>();
    for (const { status } of await this.#query.list({}, ROOT)) counts.set(status, (counts.get(status) ?? 0) + 1);
    return counts;
  }

  async get(id: string, requester: Requester): Promise<MappingView> {
    return this.#view(await this.#query.get(id, requester));
  }

  async connections(id: string, requester: Requester): Promise<readonly Connection[]> {
    const mapping = await this.#query.get(id, requester);
    const flows = await this.#parts.dataplane.flows(mapping.router_id, [endpointOf(mapping)]);
    return flows
      .filter((flow) => flow.replyIp === mapping.server_ip && flow.replyPort === mapping.server_port)
      .map((flow) => ({
        protocol: flow.protocol,
        source_ip: flow.sourceIp,
        source_port: flow.sourcePort,
        server_ip: flow.replyIp,
        server_port: flow.replyPort,
        state: flow.state ?? null,
      }));
  }

  #requirePort(routerPort: number | undefined, requester: Requester): void {
    const { access, settings } = this.#parts;
    requireRouterPort(access, requester, routerPort, settings.router_port_range);
  }

  #outcomeOf({ delta, mapping }: Decision): Outcome<MappingView> {
    return { delta, ids: [mapping.id], value: (record) => this.#view(record.mappings.get(mapping.id) ?? mapping) };
  }

  #deletion(
    { record }: Situation,
    mappings: readonly Mapping[],
    condition: Condition | undefined,
  ): Outcome<readonly MappingView[]> {
    const ids = mappings.map(({ id }) => id);
    const delta = decideDelete(record, ids, this.#parts.settings.router_port_range, condition);
    return { delta, ids, value: () => mappings.map((mapping) => this.#view(mapping)) };
  }

  #view(mapping: Mapping): MappingView {
    return { ...mapping, counters: this.#parts.counters?.counters(mapping.router_id, mapping.id) ?? null };
  }
}

function firstOf<T>({ value: [value], ...rest }: Changed<readonly T[]>): Changed<T> {
  if (value === undefined) throw new Error('a change of one mapping gave no mapping');
  return { ...rest, value };
}
