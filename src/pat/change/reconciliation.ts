/**
 * The second half of a change: the decided deltas become durable, and the kernel is made equal to the record. When that
 * fails, the record is rolled back and the kernel is made equal to it again.
 */
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import { isPraasError } from '../errors.ts';
import type { RouterAgent, RouterView } from '../interfaces/agent.ts';
import type { AuditLog } from '../interfaces/events.ts';
import { rulesElsewhere } from '../interfaces/rules-elsewhere.ts';
import type { MappingStore, StoreTransaction } from '../interfaces/store.ts';
import { statusEventOf } from '../mapping/event.ts';
import { type Delta, isEmptyDelta, type RouterRecord } from '../mapping/record.ts';
import { absentDelta } from '../plan/status.ts';
import type { OpenEndpoint } from '../plan/still-open.ts';
import { type DecidedChange, NOTHING_SYNCED, type Synced } from './change.ts';
import { decideGatewayMove } from './gateway-move.ts';
import type { PatSettings } from './situation.ts';
import { unfinishedImport } from './unfinished-import.ts';

interface ReconciliationParts {
  readonly agent: RouterAgent;
  readonly store: Pick<MappingStore, 'routers'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: PatSettings;
  /** Left out where changes are not recorded. */
  readonly auditLog?: AuditLog | undefined;
}

/** What was done in the kernel, or the error after which everything was rolled back. */
type BatchResult =
  | { readonly synced: Synced; readonly stillOpen: readonly OpenEndpoint[] }
  | { readonly error: unknown };

/** The mappings that a batch concerns. */
interface Batch {
  /** IDs of the mappings that were requested to change. */
  readonly requested: ReadonlySet<string>;
  /** IDs of the mappings that move to another gateway address. */
  readonly moved: readonly string[];
  /** True when the record differs from the one before the batch. */
  readonly hasChanged: boolean;
}

export class Reconciliation {
  readonly #parts: ReconciliationParts;

  constructor(parts: ReconciliationParts) {
    this.#parts = parts;
  }

  /** Takes the view of the router, or ROUTER_NOT_FOUND when it is not on this node. */
  async run(
    transaction: StoreTransaction,
    view: RouterView | Error,
    decided: readonly DecidedChange<unknown>[],
  ): Promise<BatchResult> {
    const router = view instanceof Error ? undefined : view;
    const move = router && this.#gatewayMove(transaction.record, router);
    const requested = new Set(decided.flatMap(({ outcome }) => outcome.ids));
    try {
      if (move) await transaction.stage(move);
      await transaction.commit({});
    } catch (error) {
      await transaction.rollback();
      return { error };
    }
    const moved = (move?.put ?? []).map(({ id }) => id);
    const hasChanged = move !== undefined || decided.some(({ outcome }) => !isEmptyDelta(outcome.delta));
    return this.#reconcile(transaction, router, { requested, moved, hasChanged });
  }

  async #reconcile(transaction: StoreTransaction, view: RouterView | undefined, batch: Batch): Promise<BatchResult> {
    const { agent, clock } = this.#parts;
    const ids = [...new Set([...batch.requested, ...batch.moved])];
    try {
      if (view === undefined) {
        await transaction.stage(absentDelta(transaction.record, ids, clock.now()));
        return { synced: NOTHING_SYNCED, stillOpen: [] };
      }
      const { delta, added, removed, stillOpen } = await agent.reconcile(view, transaction.record, ids);
      await this.#stageResult(transaction, delta, batch.requested);
      return { synced: { added, removed, moved: batch.moved.length }, stillOpen };
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) {
        // It may have gone by getting another name.
        const elsewhere = await this.#elsewhere(transaction.record.router_id, ids);
        if (elsewhere !== undefined) {
          await transaction.rollback();
          return { error: elsewhere };
        }
        await transaction.stage(absentDelta(transaction.record, ids, clock.now()));
        return batch.hasChanged ? { synced: NOTHING_SYNCED, stillOpen: [] } : { error };
      }
      const unfinished = unfinishedImport(transaction.record, error);
      if (unfinished) return { error: unfinished };
      await transaction.rollback();
      if (batch.hasChanged) await this.#restoreKernel(transaction.record);
      return { error };
    }
  }

  /** Gives RULES_ELSEWHERE, or why it cannot be known; undefined where no rules of these mappings are left. */
  #elsewhere(routerId: string, ids: readonly string[]): Promise<unknown> {
    return rulesElsewhere(routerId, ids, this.#parts).catch((error: unknown) => error);
  }

  /** Stages the new statuses. A status change of a mapping that was not requested to change is an event. */
  async #stageResult(transaction: StoreTransaction, delta: Delta, requested: ReadonlySet<string>): Promise<void> {
    if (isEmptyDelta(delta)) return;
    const { mappings } = transaction.record;
    const transitions = (delta.put ?? []).map((after) => ({ before: mappings.get(after.id), after }));
    await transaction.stage(delta);
    const events = transitions.flatMap((transition) =>
      requested.has(transition.after.id) ? [] : (statusEventOf(transition) ?? []),
    );
    if (events.length > 0) await this.#parts.auditLog?.append(events);
  }

  #gatewayMove(record: RouterRecord, router: RouterView): Delta | undefined {
    const { settings, clock } = this.#parts;
    return decideGatewayMove({ record, router, settings, now: clock.now(), force: false });
  }

  /** After a failed change: part of it may be in the kernel (rules applied, connections not ended). Best effort. */
  async #restoreKernel(record: RouterRecord): Promise<void> {
    const { agent, log } = this.#parts;
    try {
      agent.forget(record.router_id);
      await agent.reconcile(await agent.inspect(record.router_id), record, []);
    } catch (error) {
      // The next reconcile repeats it.
      log.warn('kernel rollback failed', { router_id: record.router_id, error: messageOf(error) });
    }
  }
}
