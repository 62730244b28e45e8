/**
 * The one service behind the command line and the API. Every change goes the same way: decide (pure), write to the store
 * (durable), let the agent settle the router, note what became of it.
 */
import type { NewId } from '../../core/ids.ts';
import type { Change, Changed, ChangeOptions, Outcome, Synced } from '../change/change.ts';
import { ChangeRunner, type ChangeRunnerParts } from '../change/change-runner.ts';
import { decideCreate, decideDelete, decideUpdate, publishedAs } from '../change/decision.ts';
import { decideFollow } from '../change/gateway-move.ts';
import type { Condition, Decision, Situation } from '../change/situation.ts';
import { isPraasError } from '../errors.ts';
import type { CounterSource } from '../interfaces/agent.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { Holder } from '../interfaces/quota.ts';
import type { GroupAccess } from '../interfaces/security-groups.ts';
import { type Caller, OPERATOR, type Targets } from '../interfaces/target.ts';
import { statusEventOf } from '../mapping/event.ts';
import { endpointOf } from '../mapping/forward.ts';
import { type Mapping, type MappingPatch, mayOpen, type NewMapping } from '../mapping/mapping.ts';
import { isEmptyDelta } from '../mapping/record.ts';
import type { Wanted } from '../mapping/request.ts';
import type { MappingView } from '../mapping/view.ts';
import type { Connection } from '../plan/connection.ts';
import { closeUnused } from '../target/opened-rules.ts';
import type { RouterBook } from '../target/router-directory.ts';
import { requireRange } from '../target/targets.ts';
import type { Deleted, Listed, MappingFilter, Pat } from './api.ts';
import { Creation } from './create-mappings.ts';
import { MappingQuery, type Visible } from './mapping-query.ts';

export interface PatServiceParts extends ChangeRunnerParts {
  readonly dataplane: Pick<Dataplane, 'routers' | 'flows'>;
  readonly new_id: NewId;
  readonly targets: Targets;
  readonly quotas?: Holder | undefined;
  readonly access?: GroupAccess | undefined;
  readonly book?: RouterBook | undefined;
  /** Left out where nobody watches. */
  readonly counters?: CounterSource;
}

/** What a caller may see, and under which condition a mapping is changed when its turn has come. */
export interface Scope {
  readonly visible?: Visible;
  readonly condition?: Condition | undefined;
  /** Who changes it; root when left out. */
  readonly caller?: Caller;
}

const NOT_SYNCED: Changed<Synced> = { value: { added: 0, removed: 0, moved: 0 }, warnings: [], script: undefined };

export class PatService implements Pat {
  readonly #parts: PatServiceParts;
  readonly #query: MappingQuery;
  readonly #runner: ChangeRunner;
  readonly #creation: Creation;

  constructor(parts: PatServiceParts) {
    this.#parts = parts;
    this.#query = new MappingQuery(parts);
    this.#runner = new ChangeRunner(parts);
    this.#creation = new Creation({ ...parts, runner: this.#runner, view: (mapping) => this.#view(mapping) });
  }

  /** Throws ROUTER_NOT_FOUND, what Targets, Quotas, decideCreate and the agent throw. */
  async create(input: Wanted, options: ChangeOptions = {}): Promise<Changed<MappingView>> {
    return firstOf(await this.createMany([input], options));
  }

  /**
   * All of them or none. `ids` are the ids of the new mappings instead of new ones; MAPPING_EXISTS when one is there.
   * Throws as create does, and INVALID_INPUT for none or for those of several routers.
   */
  createMany(
    inputs: readonly Wanted[],
    options: ChangeOptions = {},
    ids: readonly string[] = inputs.map(() => this.#parts.new_id()),
    caller: Caller = OPERATOR,
  ): Promise<Changed<readonly MappingView[]>> {
    return this.#creation.run(inputs, caller, options, ids);
  }

  /**
   * As create, unless the same port of the same server is published on that router already (with that protocol, and that
   * gateway address when one is given): then that mapping is given and nothing changes.
   */
  ensure(input: NewMapping, options: ChangeOptions = {}): Promise<Changed<{ mapping: MappingView; is_new: boolean }>> {
    const id = this.#parts.new_id();
    return this.#runner.run<{ mapping: MappingView; is_new: boolean }>(input.router_id, {
      options,
      must_be_here: true,
      purpose: 'port',
      decide: (situation) => {
        const present = publishedAs(situation, input);
        if (present) return { delta: {}, ids: [], value: () => ({ mapping: this.#view(present), is_new: false }) };
        const outcome = this.#outcomeOf(decideCreate(situation, input, id));
        return { ...outcome, value: (record) => ({ mapping: outcome.value(record), is_new: true }) };
      },
    });
  }

  /** Throws what the scope's condition throws of the mapping as it is now, what Targets, decideUpdate and the agent throw. */
  async update(
    id: string,
    patch: MappingPatch,
    options: ChangeOptions = {},
    { visible, condition, caller = OPERATOR }: Scope = {},
  ): Promise<Changed<MappingView>> {
    const found = await this.#query.get(id, visible);
    const { targets, policy } = this.#parts;
    requireRange(patch.router_port, policy.router_port_range, caller);
    const { server_ip } = patch;
    const moves = server_ip !== undefined && server_ip !== found.server_ip;
    const identity = moves ? await targets.readdress(found, server_ip, caller) : undefined;
    if (!moves && mayOpen(patch)) await targets.confirm(found, caller);
    return this.#runner.run(found.router_id, {
      options,
      must_be_here: false,
      purpose: 'port',
      decide: (situation) => this.#outcomeOf(decideUpdate(situation, found.id, patch, { condition, identity })),
    });
  }

  /**
   * All IDs are checked before anything is removed; the mappings of one router go together or not at all. Gives the
   * removed mappings, and why those of other routers stayed. Throws when none could be removed.
   */
  async delete(
    ids: readonly string[],
    options: ChangeOptions = {},
    { visible, condition }: Scope = {},
  ): Promise<Deleted> {
    const found = await this.#query.resolve(ids, visible);
    const unique = [...new Map(found.map((mapping) => [mapping.id, mapping])).values()];
    const results: Changed<readonly MappingView[]>[] = [];
    const failures: Error[] = [];
    for (const [router_id, mappings] of Map.groupBy(unique, (mapping) => mapping.router_id)) {
      const decide = (situation: Situation): Outcome<readonly MappingView[]> =>
        this.#removal(situation, mappings, condition);
      try {
        results.push(await this.#runner.run(router_id, { options, must_be_here: false, purpose: 'rules', decide }));
      } catch (error) {
        if (!isPraasError(error)) throw error;
        failures.push(error);
      }
    }
    if (results.length === 0 && failures[0] !== undefined) throw failures[0];
    const removed = results.flatMap(({ value }) => value);
    const opened = removed.flatMap(({ security_group_rule_ids }) => security_group_rule_ids);
    const stayed = options.dry_run ? [] : await closeUnused(this.#parts, opened);
    return {
      value: removed,
      warnings: [...results.flatMap(({ warnings }) => warnings), ...stayed],
      script: options.dry_run ? results.flatMap(({ script }) => script || []).join('\n') : undefined,
      failures,
    };
  }

  /** Reads the router anew and makes its kernel equal to the store. Throws ROUTER_NOT_FOUND, and as the agent does. */
  async sync(router_id: string, options: ChangeOptions = {}): Promise<Changed<Synced>> {
    const { store, agent, trail } = this.#parts;
    const change: Omit<Change<unknown>, 'decide'> = { options, must_be_here: true, purpose: 'rules' };
    if (options.dry_run) {
      agent.forget(router_id);
      const record = await store.read(router_id);
      const view = await this.#runner.look(record, change);
      const script = view ? agent.preview(view, record, []) : '';
      return { ...NOT_SYNCED, warnings: view?.warnings ?? [], script };
    }
    return store.transaction(router_id, async (transaction) => {
      agent.forget(router_id);
      const view = await this.#runner.look(transaction.record, change);
      if (view === undefined) return NOT_SYNCED;
      const follow = decideFollow(this.#runner.situation(transaction.record, view, options));
      if (follow) await transaction.commit(follow);
      const { mappings: before } = transaction.record;
      const { delta, added, removed } = await agent.settle(view, transaction.record, []);
      if (!isEmptyDelta(delta)) await transaction.note(delta);
      const settled = (delta.put ?? []).flatMap(
        (after) => statusEventOf({ before: before.get(after.id), after }) ?? [],
      );
      await trail?.note(settled);
      const moved = follow?.put?.length ?? 0;
      return { value: { added, removed, moved }, warnings: view.warnings, script: undefined };
    });
  }

  async list(filter: MappingFilter = {}): Promise<Listed> {
    const { mappings, failures } = await this.#query.list(filter);
    return { mappings: mappings.map((mapping) => this.#view(mapping)), failures };
  }

  async get(id: string, { visible }: Scope = {}): Promise<MappingView> {
    const mapping = await this.#query.get(id, visible);
    // Old counters are better than none, and a router that cannot be read has other ways to say so.
    await this.#parts.counters?.count(mapping.router_id).catch(() => undefined);
    return this.#view(mapping);
  }

  async connections(id: string, { visible }: Scope = {}): Promise<readonly Connection[]> {
    const mapping = await this.#query.get(id, visible);
    const flows = await this.#parts.dataplane.flows(mapping.router_id, [endpointOf(mapping)]);
    return flows
      .filter((flow) => flow.replying_ip === mapping.server_ip && flow.replying_port === mapping.server_port)
      .map((flow) => ({
        protocol: flow.protocol,
        source_ip: flow.source_ip,
        source_port: flow.source_port,
        server_ip: flow.replying_ip,
        server_port: flow.replying_port,
        state: flow.state ?? null,
      }));
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
    const delta = decideDelete(record, ids, this.#parts.policy.router_port_range, condition);
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
