/**
 * Carries out changes. Changes of one router that arrive while another one runs wait, and then run as one batch: one
 * inspection of the router, one durable write, one transaction in the kernel. Each change is decided and refused on its own,
 * on the record that the changes before it leave. When the kernel refuses a batch, each change is retried alone, so that only
 * the invalid one fails. When a change fails, its writes are rolled back: an error means that nothing has changed, unless the
 * error itself states otherwise.
 */

import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { isPraasError, praasError } from '../errors.ts';
import {
  type InspectScope,
  mergedScope,
  type RouterAgent,
  type RouterInspector,
  type RouterView,
} from '../interfaces/agent.ts';
import type { AuditLog } from '../interfaces/events.ts';
import { rulesElsewhere } from '../interfaces/rules-elsewhere.ts';
import type { MappingStore, StoreTransaction } from '../interfaces/store.ts';
import { eventsOf } from '../mapping/event.ts';
import { hasNoHistory, isEmptyDelta, type RouterRecord, withDelta } from '../mapping/record.ts';
import {
  type Change,
  type Changed,
  type ChangeOptions,
  type CompletedChange,
  type DecidedChange,
  NOTHING_SYNCED,
  type Outcome,
} from './change.ts';
import { ChangeQueue, type QueuedChange } from './change-queue.ts';
import { Reconciliation } from './reconciliation.ts';
import type { PatSettings, Situation } from './situation.ts';
import { openWarnings, toldScript, toldWarnings } from './told.ts';

interface ChangeRunnerParts {
  readonly store: MappingStore;
  readonly agent: RouterAgent;
  /** Inspects for dry runs; the agent where left out. */
  readonly inspector?: RouterInspector;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: PatSettings;
  /** For messages. */
  readonly stateDir: string;
  /** Left out where changes are not recorded. */
  readonly auditLog?: AuditLog | undefined;
}

const NOTHING_DONE = { synced: NOTHING_SYNCED, stillOpen: [] };

/** Settles the promise of one change; called after the transaction, so that its writes are complete. */
type Completion = () => void;

type RouterQueue = ChangeQueue<Change<unknown>, CompletedChange>;
type WaitingChange = QueuedChange<Change<unknown>, CompletedChange>;

export class ChangeRunner {
  readonly #parts: ChangeRunnerParts;
  readonly #reconciliation: Reconciliation;
  readonly #queues = new Map<string, RouterQueue>();

  constructor(parts: ChangeRunnerParts) {
    this.#parts = parts;
    this.#reconciliation = new Reconciliation(parts);
  }

  /** Throws what `decide` throws, and as the store and the agent do; then this change has changed nothing. */
  async run<T>(routerId: string, change: Change<T>): Promise<Changed<T>> {
    if (change.options.dryRun) return this.#preview(routerId, change);
    const completed = await this.#enqueue(routerId, change);
    const { put, remove, adopting } = completed.delta;
    if (!isEmptyDelta(completed.delta)) {
      const details = {
        ...(put && { put: put.map(({ id }) => id) }),
        ...(remove && { remove }),
        ...(adopting && { adopting }),
      };
      this.#parts.log.info('router changed', { router_id: routerId, ...details });
      await this.#parts.auditLog?.append(eventsOf(completed, { requester: change.options.requester }));
    }
    return completed.changed as Changed<T>;
  }

  #enqueue(routerId: string, change: Change<unknown>): Promise<CompletedChange> {
    const present = this.#queues.get(routerId);
    if (present) return present.enqueue(change);
    const queue: RouterQueue = new ChangeQueue();
    this.#queues.set(routerId, queue);
    const completed = queue.enqueue(change);
    void this.#drain(routerId, queue);
    return completed;
  }

  async #drain(routerId: string, queue: RouterQueue): Promise<void> {
    while (!queue.isEmpty) {
      let batch: readonly WaitingChange[] = [];
      try {
        const completions = await this.#parts.store.transaction(routerId, (transaction) => {
          // The batch is taken here, so that it includes changes that arrived while the transaction waited for its turn.
          batch = queue.takeBatch();
          return this.#runBatch(transaction, batch, queue);
        });
        for (const complete of completions) complete();
      } catch (error) {
        // The router cannot be written at all: neither this batch nor a waiting change has changed anything.
        for (const { reject } of batch) reject(error);
        queue.rejectAll(error);
      }
    }
    this.#queues.delete(routerId);
  }

  async #runBatch(
    transaction: StoreTransaction,
    batch: readonly WaitingChange[],
    queue: RouterQueue,
  ): Promise<Completion[]> {
    const scope = mergedScope(batch.map(({ change }) => change.scope));
    const view = await this.#inspect(transaction.record.router_id, scope);
    const [decided, completions] = await this.#decide(transaction, view, batch).catch(async (error: unknown) => {
      await transaction.rollback();
      throw error;
    });
    const isDue = decided.some(({ queued, outcome }) => queued.change.reconciles || !isEmptyDelta(outcome.delta));
    const result = isDue ? await this.#reconciliation.run(transaction, view, decided) : NOTHING_DONE;
    if ('synced' in result) {
      const { mappings } = transaction.record;
      const successes = decided.map(({ queued, outcome, before }): Completion => {
        const { ids, delta, causes } = outcome;
        const value = outcome.value(transaction.record, result.synced);
        const transitions = ids.map((id, index) => ({ before: before[index], after: mappings.get(id) }));
        const { requester } = queued.change.options;
        const warnings = [...toldWarnings(view, requester), ...openWarnings(result.stillOpen, before, requester)];
        return () => queued.resolve({ changed: { value, warnings, script: undefined }, delta, transitions, causes });
      });
      return [...completions, ...successes];
    }
    if (decided.length > 1 && isPraasError(result.error, 'KERNEL_REFUSED')) {
      queue.retryAlone(decided.map(({ queued }) => queued));
      return completions;
    }
    for (const { queued } of decided) completions.push(() => queued.reject(result.error));
    return completions;
  }

  /** Gives the view of the router, or ROUTER_NOT_FOUND when it is not on this node. */
  async #inspect(
    routerId: string,
    scope: InspectScope,
    inspector: RouterInspector = this.#parts.agent,
  ): Promise<RouterView | Error> {
    try {
      return await inspector.inspect(routerId, scope);
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) return error;
      throw error;
    }
  }

  async #decide(
    transaction: StoreTransaction,
    view: RouterView | Error,
    batch: readonly WaitingChange[],
  ): Promise<[DecidedChange<WaitingChange>[], Completion[]]> {
    const decided: DecidedChange<WaitingChange>[] = [];
    const completions: Completion[] = [];
    for (const queued of batch) {
      const { change, reject } = queued;
      let outcome: Outcome<unknown>;
      try {
        change.precheck?.(transaction.record);
        outcome = await this.#decided(transaction.record, view, change);
      } catch (error) {
        completions.push(() => reject(error));
        continue;
      }
      const before = outcome.ids.map((id) => transaction.record.mappings.get(id));
      try {
        await transaction.stage(outcome.delta);
      } catch (error) {
        // A deletion may still be written where a new mapping finds no space.
        if (!isPraasError(error, 'STORE_FULL')) throw error;
        completions.push(() => reject(error));
        continue;
      }
      decided.push({ queued, outcome, before });
    }
    return [decided, completions];
  }

  async #preview<T>(routerId: string, change: Change<T>): Promise<Changed<T>> {
    const { store, agent } = this.#parts;
    const record = await store.read(routerId);
    const inspected = await this.#inspect(routerId, change.scope, this.#parts.inspector);
    const outcome = await this.#decided(record, inspected, change);
    const view = inspected instanceof Error ? undefined : inspected;
    const after = withDelta(record, outcome.delta);
    const script = view ? agent.preview(view, after, outcome.ids) : '';
    // The rules just read may differ from the cached ones, so the next change has to read them again.
    if (change.reconciles) agent.forget(routerId);
    return {
      value: outcome.value(after, NOTHING_SYNCED),
      warnings: toldWarnings(inspected, change.options.requester),
      script: toldScript(script, outcome.ids, change.options.requester),
    };
  }

  #situation(record: RouterRecord, router: RouterView | undefined, { force = false }: ChangeOptions): Situation {
    return { record, router, settings: this.#parts.settings, now: this.#parts.clock.now(), force };
  }

  /** Throws what `decide` throws, ROUTER_NOT_FOUND, RULES_ELSEWHERE for a change that would close ports there, and UNKNOWN_RULES. */
  async #decided<T>(record: RouterRecord, view: RouterView | Error, change: Change<T>): Promise<Outcome<T>> {
    const isAbsent = view instanceof Error;
    if (isAbsent && change.requiresRouter) {
      if (change.reconciles) await this.#requireNoHolder(record, [...record.mappings.keys()]);
      throw view;
    }
    const router = isAbsent ? undefined : view;
    if (router) this.#requireKnownRules(record, router, change.options);
    const outcome = change.decide(this.#situation(record, router, change.options));
    // A name or a description is not in the kernel.
    if (isAbsent && outcome.delta.pending !== undefined) await this.#requireNoHolder(record, outcome.ids);
    return outcome;
  }

  /** Throws RULES_ELSEWHERE. */
  async #requireNoHolder({ router_id }: RouterRecord, ids: readonly string[]): Promise<void> {
    const elsewhere = await rulesElsewhere(router_id, ids, this.#parts);
    if (elsewhere !== undefined) throw elsewhere;
  }

  /** Throws UNKNOWN_RULES for mappings in the kernel without a record: the state directory is lost, or a different one. */
  #requireKnownRules(record: RouterRecord, view: RouterView, { force }: ChangeOptions): void {
    if (view.mappingsInKernel === 0 || force || !hasNoHistory(record)) return;
    const { router_id: router } = record;
    throw praasError('UNKNOWN_RULES', { router, count: view.mappingsInKernel, state_dir: this.#parts.stateDir });
  }
}
