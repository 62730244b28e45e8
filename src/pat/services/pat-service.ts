/**
 * Published ports, for the command line and the API alike. Every change goes the same way: decide (pure), write to the store
 * (durable), let the agent make the kernel equal to it, note what became of it.
 */

import type { AccessPolicy } from '../../core/identity/policy.ts';
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import type { NewId } from '../../core/ids.ts';
import type { PatAction } from '../actions.ts';
import type { Changed, ChangeOptions, Outcome, Synced } from '../change/change.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { decideCreate, decideDelete, decideUpdate, findPublished } from '../change/decision.ts';
import type { Condition, Decision, PatSettings, Situation } from '../change/situation.ts';
import { isPraasError } from '../errors.ts';
import type { CounterSource } from '../interfaces/agent.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { QuotaReserver } from '../interfaces/quota.ts';
import type { SecurityGroupAccess } from '../interfaces/security-groups.ts';
import type { MappingStore } from '../interfaces/store.ts';
import type { Targets } from '../interfaces/target.ts';
import { endpointOf } from '../mapping/forward.ts';
import { type Mapping, type MappingPatch, type NewMapping, widensAccess } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';
import type { Connection } from '../plan/connection.ts';
import { closeUnused } from '../target/opened-rules.ts';
import { requireRange } from '../target/targets.ts';
import type { Deleted, Listed, MappingFilter, Pat } from './api.ts';
import { Creation } from './create-mappings.ts';
import { MappingQuery, type MappingQueryParts } from './mapping-query.ts';

export interface PatServiceParts extends MappingQueryParts {
  readonly store: MappingStore;
  readonly dataplane: Pick<Dataplane, 'routers' | 'flows'>;
  readonly runner: ChangeRunner;
  readonly newId: NewId;
  readonly settings: PatSettings;
  /** Says who may choose any router port. */
  readonly access: AccessPolicy;
  readonly targets: Targets;
  readonly quotas?: QuotaReserver | undefined;
  readonly groups?: SecurityGroupAccess | undefined;
  /** Left out where nothing watches. */
  readonly counters?: CounterSource;
}

const ANY_PORT: PatAction = 'mapping:create:any-port';

export class PatService implements Pat {
  readonly #parts: PatServiceParts;
  readonly #query: MappingQuery;
  readonly #creation: Creation;

  constructor(parts: PatServiceParts) {
    this.#parts = parts;
    this.#query = new MappingQuery(parts);
    const view = (mapping: Mapping): MappingView => this.#view(mapping);
    this.#creation = new Creation({
      ...parts,
      view,
      requirePort: (port, requester) => this.#requirePort(port, requester),
    });
  }

  /** Throws ROUTER_NOT_FOUND, FORBIDDEN, what Targets, QuotaReserver, decideCreate and the agent throw. */
  async create(request: MappingRequest, options: ChangeOptions = {}): Promise<Changed<MappingView>> {
    return firstOf(await this.createMany([request], options));
  }

  /**
   * All of them or none. `ids` are the ids of the new mappings instead of new ones; MAPPING_EXISTS when one is there.
   * Throws as create does, and INVALID_INPUT for none or for those of several routers.
   */
  createMany(
    requests: readonly MappingRequest[],
    options: ChangeOptions = {},
    ids: readonly string[] = requests.map(() => this.#parts.newId()),
  ): Promise<Changed<readonly MappingView[]>> {
    return this.#creation.run(requests, options, ids);
  }

  /**
   * As create, unless the same port of the same server is published on that router already (with that protocol, and that
   * gateway address when one is given): then that mapping is given and nothing changes.
   */
  ensure(input: NewMapping, options: ChangeOptions = {}): Promise<Changed<{ mapping: MappingView; isNew: boolean }>> {
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

  /** Throws what the condition throws of the mapping as it is then, what Targets, decideUpdate and the agent throw. */
  async update(id: string, patch: MappingPatch, options: ChangeOptions = {}): Promise<Changed<MappingView>> {
    const { requester = ROOT, condition } = options;
    const found = await this.#query.get(id, requester);
    const { targets, runner } = this.#parts;
    this.#requirePort(patch.router_port, requester);
    const { server_ip } = patch;
    const moves = server_ip !== undefined && server_ip !== found.server_ip;
    const identity = moves ? await targets.readdress(found, server_ip, requester) : undefined;
    if (!moves && widensAccess(patch)) await targets.confirm(found, requester);
    return runner.run(found.router_id, {
      options,
      requiresRouter: false,
      scope: 'port',
      decide: (situation) => this.#outcomeOf(decideUpdate(situation, found.id, patch, { condition, identity })),
    });
  }

  /**
   * All IDs are checked before anything is removed; the mappings of one router go together or not at all. Gives the
   * removed mappings, and why those of other routers stayed. Throws when none could be removed.
   */
  async delete(ids: readonly string[], options: ChangeOptions = {}): Promise<Deleted> {
    const { requester = ROOT, condition, dryRun = false } = options;
    const found = await this.#query.resolve(ids, requester);
    const unique = [...new Map(found.map((mapping) => [mapping.id, mapping])).values()];
    const results: Changed<readonly MappingView[]>[] = [];
    const failures: Error[] = [];
    for (const [router_id, mappings] of Map.groupBy(unique, (mapping) => mapping.router_id)) {
      const decide = (situation: Situation): Outcome<readonly MappingView[]> =>
        this.#removal(situation, mappings, condition);
      try {
        const change = { options, requiresRouter: false, scope: 'rules', decide } as const;
        results.push(await this.#parts.runner.run(router_id, change));
      } catch (error) {
        if (!isPraasError(error)) throw error;
        failures.push(error);
      }
    }
    if (results.length === 0 && failures[0] !== undefined) throw failures[0];
    const removed = results.flatMap(({ value }) => value);
    const opened = removed.flatMap(({ security_group_rule_ids }) => security_group_rule_ids);
    const stayed = dryRun ? [] : await closeUnused(this.#parts, opened);
    return {
      value: removed,
      warnings: [...results.flatMap(({ warnings }) => warnings), ...stayed],
      script: dryRun ? results.flatMap(({ script }) => script || []).join('\n') : undefined,
      failures,
    };
  }

  /** Reads the router anew and makes its kernel equal to the store. Throws ROUTER_NOT_FOUND, and as the agent does. */
  sync(router_id: string, options: ChangeOptions = {}): Promise<Changed<Synced>> {
    return this.#parts.runner.run<Synced>(router_id, {
      options,
      requiresRouter: true,
      scope: 'kernel',
      reconciles: true,
      decide: () => ({ delta: {}, ids: [], value: (_, done) => done }),
    });
  }

  async list(filter: MappingFilter = {}, requester: Requester = ROOT): Promise<Listed> {
    const { mappings, failures } = await this.#query.list(filter, requester);
    return { mappings: mappings.map((mapping) => this.#view(mapping)), failures };
  }

  async get(id: string, requester: Requester = ROOT): Promise<MappingView> {
    const mapping = await this.#query.get(id, requester);
    // Old counters are better than none, and a router that cannot be read has other ways to say so.
    await this.#parts.counters?.refreshCounters(mapping.router_id).catch(() => undefined);
    return this.#view(mapping);
  }

  async connections(id: string, requester: Requester = ROOT): Promise<readonly Connection[]> {
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

  #requirePort(router_port: number | undefined, requester: Requester): void {
    const { access, settings } = this.#parts;
    if (!access.allows(requester, ANY_PORT)) requireRange(router_port, settings.router_port_range, requester);
  }

  #outcomeOf({ delta, mapping }: Decision): Outcome<MappingView> {
    return { delta, ids: [mapping.id], value: (record) => this.#view(record.mappings.get(mapping.id) ?? mapping) };
  }

  #removal(
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
  if (value === undefined) throw new Error('a change of one mapping gave none');
  return { ...rest, value };
}
