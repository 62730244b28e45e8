/**
 * The one service behind the command line and the API. Every change goes the same way: decide (pure), write to the store
 * (durable), let the agent settle the router, note what became of it. When the kernel refuses, the store is taken back:
 * an error means that nothing has changed.
 */
import { type Decision, decideCreate, decideDelete, decideUpdate, type Policy, type Situation } from './decision.ts';
import { isPraasError, praasError } from './errors.ts';
import type { Mapping, MappingPatch, NewMapping } from './mapping.ts';
import type {
  Clock,
  Dataplane,
  Logger,
  MappingStore,
  NewId,
  RouterAgent,
  RouterView,
  StoreTransaction,
} from './ports.ts';
import { type Listed, type MappingFilter, MappingQuery } from './query.ts';
import { type Delta, isEmptyDelta, type RouterRecord, withDelta } from './record.ts';
import { settledStatus } from './status.ts';

export interface PatServiceParts {
  readonly store: MappingStore;
  readonly dataplane: Pick<Dataplane, 'routers'>;
  readonly agent: RouterAgent;
  readonly clock: Clock;
  readonly new_id: NewId;
  readonly log: Logger;
  readonly policy: Policy;
  /** For messages. */
  readonly state_dir: string;
}

export interface ChangeOptions {
  /** Passes the checks that may be wrong about this router. */
  readonly force?: boolean;
  /** Decides and shows, changes nothing. */
  readonly dry_run?: boolean;
}

export interface Changed<T> {
  readonly value: T;
  /** What an operator should know although it worked. */
  readonly warnings: readonly string[];
  /** With dry_run: what would be handed to the kernel; empty when its rules would stay as they are. */
  readonly script: string | undefined;
}

export interface Deleted extends Changed<readonly Mapping[]> {
  /** Why the mappings of some routers stayed. */
  readonly failures: readonly Error[];
}

interface Outcome<T> {
  readonly delta: Delta;
  readonly ids: readonly string[];
  readonly value: (record: RouterRecord) => T;
}

export class PatService {
  readonly #parts: PatServiceParts;
  readonly #query: MappingQuery;

  constructor(parts: PatServiceParts) {
    this.#parts = parts;
    this.#query = new MappingQuery(parts);
  }

  /** Publishes a port. Throws ROUTER_NOT_FOUND, what decideCreate and the agent throw; then nothing has changed. */
  create(input: NewMapping, options: ChangeOptions = {}): Promise<Changed<Mapping>> {
    const id = this.#parts.new_id();
    return this.#change(input.router_id, options, true, (situation) => outcomeOf(decideCreate(situation, input, id)));
  }

  /** Changes one mapping, by its whole ID or an unambiguous beginning. */
  async update(id: string, patch: MappingPatch, options: ChangeOptions = {}): Promise<Changed<Mapping>> {
    const found = await this.get(id);
    return this.#change(found.router_id, options, false, (situation) =>
      outcomeOf(decideUpdate(situation, found.id, patch)),
    );
  }

  /**
   * Removes mappings, each by its whole ID or an unambiguous beginning. All IDs are checked before anything is removed;
   * the mappings of one router go together or not at all. Gives the removed mappings, and why those of other routers
   * stayed. Throws when none could be removed.
   */
  async delete(ids: readonly string[], options: ChangeOptions = {}): Promise<Deleted> {
    const unique = [...new Map((await this.#query.resolve(ids)).map((mapping) => [mapping.id, mapping])).values()];
    const results: Changed<readonly Mapping[]>[] = [];
    const failures: Error[] = [];
    for (const [router_id, mappings] of Map.groupBy(unique, (mapping) => mapping.router_id)) {
      const router_ids = mappings.map(({ id }) => id);
      const decide = ({ record }: Situation): Outcome<readonly Mapping[]> => ({
        delta: decideDelete(record, router_ids, this.#parts.policy.router_port_range),
        ids: router_ids,
        value: () => mappings,
      });
      try {
        results.push(await this.#change(router_id, options, false, decide));
      } catch (error) {
        if (!isPraasError(error)) throw error;
        failures.push(error);
      }
    }
    if (results.length === 0 && failures[0] !== undefined) throw failures[0];
    return {
      value: results.flatMap(({ value }) => value),
      warnings: results.flatMap(({ warnings }) => warnings),
      script: options.dry_run ? results.flatMap(({ script }) => script || []).join('\n') : undefined,
      failures,
    };
  }

  /** Makes the kernel of one router equal to the store. Throws as the agent does. */
  async sync(router_id: string, options: ChangeOptions = {}): Promise<Changed<{ added: number; removed: number }>> {
    const { store, agent } = this.#parts;
    agent.forget(router_id);
    if (options.dry_run) {
      const view = await this.#look(router_id, true, options);
      const script = view ? agent.preview(view, await store.read(router_id), []) : '';
      return { value: { added: 0, removed: 0 }, warnings: view?.warnings ?? [], script };
    }
    return store.transaction(router_id, async (transaction) => {
      const view = await this.#look(router_id, true, options);
      const settlement = view && (await agent.settle(view, transaction.record, []));
      if (settlement && !isEmptyDelta(settlement.delta)) await transaction.note(settlement.delta);
      const { added = 0, removed = 0 } = settlement ?? {};
      return { value: { added, removed }, warnings: view?.warnings ?? [], script: undefined };
    });
  }

  /** As MappingQuery.list. */
  list(filter: MappingFilter = {}): Promise<Listed> {
    return this.#query.list(filter);
  }

  /** As MappingQuery.get. */
  get(id: string): Promise<Mapping> {
    return this.#query.get(id);
  }

  /** `must_be_here`: the change makes no sense for a router that is not on this node. */
  async #change<T>(
    router_id: string,
    options: ChangeOptions,
    must_be_here: boolean,
    decide: (situation: Situation) => Outcome<T>,
  ): Promise<Changed<T>> {
    const { store } = this.#parts;
    if (options.dry_run) {
      return this.#preview(await store.read(router_id), options, must_be_here, decide);
    }
    return store.transaction(router_id, async (transaction) => {
      const view = await this.#look(router_id, must_be_here, options);
      const outcome = decide(this.#situation(transaction.record, view, options));
      await transaction.commit(outcome.delta);
      await this.#settle(transaction, view, outcome.ids);
      this.#parts.log.info('changed', { router_id, ...outcome.delta });
      return { value: outcome.value(transaction.record), warnings: view?.warnings ?? [], script: undefined };
    });
  }

  async #preview<T>(
    record: RouterRecord,
    options: ChangeOptions,
    must_be_here: boolean,
    decide: (situation: Situation) => Outcome<T>,
  ): Promise<Changed<T>> {
    const view = await this.#look(record.router_id, must_be_here, options);
    const outcome = decide(this.#situation(record, view, options));
    const after = withDelta(record, outcome.delta);
    const script = view ? this.#parts.agent.preview(view, after, outcome.ids) : '';
    return { value: outcome.value(after), warnings: view?.warnings ?? [], script };
  }

  async #settle(transaction: StoreTransaction, view: RouterView | undefined, ids: readonly string[]): Promise<void> {
    const { agent } = this.#parts;
    try {
      const delta = view
        ? (await agent.settle(view, transaction.record, ids)).delta
        : this.#absent(transaction.record, ids);
      if (!isEmptyDelta(delta)) await transaction.note(delta);
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) return transaction.note(this.#absent(transaction.record, ids));
      await transaction.rollback();
      await this.#undo(transaction.record);
      throw error;
    }
  }

  /** After a refused change: part of it may be in the kernel (rules applied, connections not ended). Best effort. */
  async #undo(record: RouterRecord): Promise<void> {
    const { agent, log } = this.#parts;
    try {
      agent.forget(record.router_id);
      await agent.settle(await agent.look(record.router_id), record, []);
    } catch (error) {
      log.warn('the router could not be put back after a refused change; the next change or sync does it', {
        router_id: record.router_id,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** What is known of the router; undefined when it is not on this node and does not have to be. */
  async #look(router_id: string, must_be_here: boolean, options: ChangeOptions): Promise<RouterView | undefined> {
    const { agent, store, state_dir } = this.#parts;
    let view: RouterView;
    try {
      view = await agent.look(router_id);
    } catch (error) {
      if (!must_be_here && isPraasError(error, 'ROUTER_NOT_FOUND')) return undefined;
      throw error;
    }
    if (view.mappings_in_kernel > 0 && !options.force && !(await store.has(router_id))) {
      throw praasError('UNKNOWN_RULES', { router: router_id, count: view.mappings_in_kernel, state_dir });
    }
    return view;
  }

  #situation(record: RouterRecord, router: RouterView | undefined, { force = false }: ChangeOptions): Situation {
    return { record, router, policy: this.#parts.policy, now: this.#parts.clock.now(), force };
  }

  #absent(record: RouterRecord, ids: readonly string[]): Delta {
    const now = this.#parts.clock.now();
    const mappings = ids.flatMap((id) => record.mappings.get(id) ?? []);
    // With the namespace its rules and connections are gone, so nothing is left to settle.
    return {
      put: mappings.map((mapping) => ({ ...mapping, ...settledStatus(mapping, undefined, now) })),
      unsettled: [],
    };
  }
}

function outcomeOf({ delta, mapping }: Decision): Outcome<Mapping> {
  return { delta, ids: [mapping.id], value: (record) => record.mappings.get(mapping.id) ?? mapping };
}
