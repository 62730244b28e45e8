/**
 * From the store to the kernel: what was decided becomes durable, and the router is made equal to it. When that fails,
 * the store is taken back and the router put back, so that an error means that nothing has changed, unless it says so.
 */
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import { isPraasError } from '../errors.ts';
import type { RouterAgent, RouterView } from '../interfaces/agent.ts';
import type { AuditLog } from '../interfaces/events.ts';
import type { StoreTransaction } from '../interfaces/store.ts';
import { statusEventOf } from '../mapping/event.ts';
import { type Delta, isEmptyDelta, type RouterRecord } from '../mapping/record.ts';
import { absentDelta } from '../plan/status.ts';
import { type Decided, NOTHING_DONE, type Synced } from './change.ts';
import { decideFollow } from './gateway-move.ts';
import type { PatSettings } from './situation.ts';
import { unfinishedImport } from './unfinished-import.ts';

export interface ReconciliationParts {
  readonly agent: RouterAgent;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: PatSettings;
  /** Left out where changes are not recorded. */
  readonly auditLog?: AuditLog | undefined;
}

/** What was done, or why everything has been taken back. */
export type CarriedOut = { readonly done: Synced } | { readonly error: unknown };

export class Reconciliation {
  readonly #parts: ReconciliationParts;

  constructor(parts: ReconciliationParts) {
    this.#parts = parts;
  }

  /** Takes the router's view, or the error that says that it is not here. */
  async carryOut(
    transaction: StoreTransaction,
    view: RouterView | Error,
    decided: readonly Decided<unknown>[],
  ): Promise<CarriedOut> {
    const router = view instanceof Error ? undefined : view;
    const follow = router && this.#gatewayMove(transaction.record, router);
    const asked = new Set(decided.flatMap(({ outcome }) => outcome.ids));
    try {
      if (follow) await transaction.write(follow);
      await transaction.commit({});
    } catch (error) {
      await transaction.rollback();
      return { error };
    }
    const moved = (follow?.put ?? []).map(({ id }) => id);
    const hasChanged = follow !== undefined || decided.some(({ outcome }) => !isEmptyDelta(outcome.delta));
    return this.#reconcile(transaction, router, { asked, moved, hasChanged });
  }

  async #reconcile(transaction: StoreTransaction, view: RouterView | undefined, batch: Batch): Promise<CarriedOut> {
    const { agent, clock } = this.#parts;
    const ids = [...new Set([...batch.asked, ...batch.moved])];
    try {
      if (view === undefined) {
        await transaction.write(absentDelta(transaction.record, ids, clock.now()));
        return { done: NOTHING_DONE };
      }
      const { delta, added, removed } = await agent.reconcile(view, transaction.record, ids);
      await this.#note(transaction, delta, batch.asked);
      return { done: { added, removed, moved: batch.moved.length } };
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) {
        await transaction.write(absentDelta(transaction.record, ids, clock.now()));
        return batch.hasChanged ? { done: NOTHING_DONE } : { error };
      }
      const unfinished = unfinishedImport(transaction.record, error);
      if (unfinished) return { error: unfinished };
      await transaction.rollback();
      if (batch.hasChanged) await this.#undo(transaction.record);
      return { error };
    }
  }

  /** Writes down what became of the mappings; of those that nobody asked to change it is an event. */
  async #note(transaction: StoreTransaction, delta: Delta, asked: ReadonlySet<string>): Promise<void> {
    if (isEmptyDelta(delta)) return;
    const { mappings } = transaction.record;
    const steps = (delta.put ?? []).map((after) => ({ before: mappings.get(after.id), after }));
    await transaction.write(delta);
    const events = steps.flatMap((step) => (asked.has(step.after.id) ? [] : (statusEventOf(step) ?? [])));
    if (events.length > 0) await this.#parts.auditLog?.append(events);
  }

  #gatewayMove(record: RouterRecord, router: RouterView): Delta | undefined {
    return decideFollow({ record, router, settings: this.#parts.settings, now: this.#parts.clock.now(), force: false });
  }

  /** After a refused change: part of it may be in the kernel (rules applied, connections not ended). Best effort. */
  async #undo(record: RouterRecord): Promise<void> {
    const { agent, log } = this.#parts;
    try {
      agent.forget(record.router_id);
      await agent.reconcile(await agent.inspect(record.router_id), record, []);
    } catch (error) {
      log.warn('the router could not be put back after a refused change; the next change or sync does it', {
        router_id: record.router_id,
        reason: messageOf(error),
      });
    }
  }
}

/** What goes together. */
interface Batch {
  /** IDs of mappings that somebody asked to change. */
  readonly asked: ReadonlySet<string>;
  /** IDs of mappings that follow the router's gateway. */
  readonly moved: readonly string[];
  /** Something of the store is other than before. */
  readonly hasChanged: boolean;
}
