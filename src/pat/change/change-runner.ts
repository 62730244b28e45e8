/**
 * Carries changes out. Those of one router that arrive while another is under way wait in line and then go together: one
 * look at the router, one durable write, one transaction in the kernel. Each is decided for itself, on what those before
 * it leave, and refused for itself. When the kernel refuses them together, each is tried alone, so that only the one at
 * fault fails. When a change fails, the store is taken back: an error means that nothing has changed, unless it says so.
 */

import type { Clock } from '../../core/clock.ts';
import { ROOT } from '../../core/identity/requester.ts';
import type { Logger } from '../../core/logger.ts';
import { isPraasError, praasError } from '../errors.ts';
import { type InspectScope, mergedScope, type RouterAgent, type RouterView } from '../interfaces/agent.ts';
import type { AuditLog } from '../interfaces/events.ts';
import type { MappingStore, StoreTransaction } from '../interfaces/store.ts';
import { eventsOf } from '../mapping/event.ts';
import { isEmptyDelta, knowsNothing, type RouterRecord, withDelta } from '../mapping/record.ts';
import {
  type Change,
  type Changed,
  type ChangeOptions,
  type CompletedChange,
  type Decided,
  NOTHING_DONE,
  type Outcome,
} from './change.ts';
import { ChangeQueue, type Pending } from './change-queue.ts';
import { Reconciliation } from './reconciliation.ts';
import type { PatSettings, Situation } from './situation.ts';

export interface ChangeRunnerParts {
  readonly store: MappingStore;
  readonly agent: RouterAgent;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: PatSettings;
  /** For messages. */
  readonly state_dir: string;
  /** Left out where changes are not recorded. */
  readonly auditLog?: AuditLog | undefined;
}

/** What is done once the transaction has ended. */
type Ending = () => void;

type Line = ChangeQueue<Change<unknown>, CompletedChange>;
type Waiting = Pending<Change<unknown>, CompletedChange>;
type DecidedNow = Decided<Waiting>;

export class ChangeRunner {
  readonly #parts: ChangeRunnerParts;
  readonly #reconciliation: Reconciliation;
  readonly #lines = new Map<string, Line>();

  constructor(parts: ChangeRunnerParts) {
    this.#parts = parts;
    this.#reconciliation = new Reconciliation(parts);
  }

  /** Throws what `decide` throws, and as the store and the agent do; then nothing of this change is there. */
  async run<T>(router_id: string, change: Change<T>): Promise<Changed<T>> {
    if (change.options.dry_run) return this.#preview(router_id, change);
    const done = await this.#stand(router_id, change);
    const { put, remove, adopting } = done.delta;
    if (!isEmptyDelta(done.delta)) {
      const details = { ...(put && { put }), ...(remove && { remove }), ...(adopting && { adopting }) };
      this.#parts.log.info('changed', { router_id, ...details });
      await this.#parts.auditLog?.append(eventsOf(done, { by: change.options.requester ?? ROOT }));
    }
    return done.changed as Changed<T>;
  }

  #stand(router_id: string, change: Change<unknown>): Promise<CompletedChange> {
    const present = this.#lines.get(router_id);
    if (present) return present.enqueue(change);
    const line: Line = new ChangeQueue();
    this.#lines.set(router_id, line);
    const done = line.enqueue(change);
    void this.#work(router_id, line);
    return done;
  }

  async #work(router_id: string, line: Line): Promise<void> {
    while (!line.isEmpty) {
      let batch: readonly Waiting[] = [];
      try {
        const endings = await this.#parts.store.transaction(router_id, (transaction) => {
          // Only now: whoever arrived while this transaction waited for its turn comes along.
          batch = line.takeBatch();
          return this.#together(transaction, batch, line);
        });
        for (const end of endings) end();
      } catch (error) {
        // The router cannot be written at all: neither those under way nor those in line have changed anything.
        for (const { reject } of batch) reject(error);
        line.rejectAll(error);
      }
    }
    this.#lines.delete(router_id);
  }

  async #together(transaction: StoreTransaction, batch: readonly Waiting[], line: Line): Promise<Ending[]> {
    const view = await this.#inspect(
      transaction.record.router_id,
      mergedScope(batch.map(({ change }) => change.scope)),
    );
    const [decided, endings] = await this.#decide(transaction, view, batch).catch(async (error: unknown) => {
      await transaction.rollback();
      throw error;
    });
    const isDue = decided.some(({ pending, outcome }) => pending.change.reconciles || !isEmptyDelta(outcome.delta));
    const carried = isDue ? await this.#reconciliation.carryOut(transaction, view, decided) : { done: NOTHING_DONE };
    if ('done' in carried) {
      const warnings = view instanceof Error ? [] : view.warnings;
      const { mappings } = transaction.record;
      const results = decided.map(({ pending, outcome, before }): Ending => {
        const { ids, delta, causes } = outcome;
        const value = outcome.value(transaction.record, carried.done);
        const happened = ids.map((id, index) => ({ before: before[index], after: mappings.get(id) }));
        return () => pending.resolve({ changed: { value, warnings, script: undefined }, delta, happened, causes });
      });
      return [...endings, ...results];
    }
    if (decided.length > 1 && isPraasError(carried.error, 'KERNEL_REFUSED')) {
      line.retryAlone(decided.map(({ pending }) => pending));
      return endings;
    }
    for (const { pending } of decided) endings.push(() => pending.reject(carried.error));
    return endings;
  }

  /** The router's view, or the error that says that it is not here. */
  async #inspect(router_id: string, purpose: InspectScope): Promise<RouterView | Error> {
    try {
      return await this.#parts.agent.inspect(router_id, purpose);
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) return error;
      throw error;
    }
  }

  async #decide(
    transaction: StoreTransaction,
    view: RouterView | Error,
    batch: readonly Waiting[],
  ): Promise<[DecidedNow[], Ending[]]> {
    const decided: DecidedNow[] = [];
    const endings: Ending[] = [];
    for (const pending of batch) {
      const { change, reject } = pending;
      let outcome: Outcome<unknown>;
      try {
        change.precheck?.(transaction.record);
        if (view instanceof Error && change.requiresRouter) throw view;
        const router = view instanceof Error ? undefined : view;
        if (router) this.#guard(transaction.record, router, change.options);
        outcome = change.decide(this.#situation(transaction.record, router, change.options));
      } catch (error) {
        endings.push(() => reject(error));
        continue;
      }
      const before = outcome.ids.map((id) => transaction.record.mappings.get(id));
      await transaction.write(outcome.delta);
      decided.push({ pending, outcome, before });
    }
    return [decided, endings];
  }

  async #preview<T>(router_id: string, change: Change<T>): Promise<Changed<T>> {
    const { store, agent } = this.#parts;
    const record = await store.read(router_id);
    const found = await this.#inspect(router_id, change.scope);
    if (found instanceof Error && change.requiresRouter) throw found;
    const view = found instanceof Error ? undefined : found;
    if (view) this.#guard(record, view, change.options);
    const outcome = change.decide(this.#situation(record, view, change.options));
    const after = withDelta(record, outcome.delta);
    const script = view ? agent.preview(view, after, outcome.ids) : '';
    // What was read anew may differ from what is remembered: the next change has to look again.
    if (change.reconciles) agent.forget(router_id);
    return { value: outcome.value(after, NOTHING_DONE), warnings: view?.warnings ?? [], script };
  }

  #situation(record: RouterRecord, router: RouterView | undefined, { force = false }: ChangeOptions): Situation {
    return { record, router, settings: this.#parts.settings, now: this.#parts.clock.now(), force };
  }

  /** Rules of ours in the kernel and none in the store: the state is lost, or another one. */
  #guard(record: RouterRecord, view: RouterView, { force }: ChangeOptions): void {
    if (view.mappings_in_kernel === 0 || force || !knowsNothing(record)) return;
    const { router_id: router } = record;
    throw praasError('UNKNOWN_RULES', { router, count: view.mappings_in_kernel, state_dir: this.#parts.state_dir });
  }
}
