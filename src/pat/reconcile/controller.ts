/**
 * Decides when each router of the node is reconciled: when it appears, when its addresses change, when one of its mappings
 * expires, after a failure, and periodically. Each reconcile compares everything anew (level-triggered), so a lost event
 * delays a repair by one period at most.
 */

import type { Clock, SteadyClock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import { FailureState } from '../../core/failure-state.ts';
import type { Logger } from '../../core/logger.ts';
import type { Timers } from '../../core/timers.ts';
import { WorkQueue } from '../../core/work-queue.ts';
import type { Changed, Synced } from '../change/change.ts';
import { isPraasError } from '../errors.ts';
import { endpointKey } from '../mapping/forward.ts';
import type { RouterRecord } from '../mapping/record.ts';
import { ExpiryWatch } from './expiry-watch.ts';

type ReconcileTrigger = 'start' | 'appeared' | 'gone' | 'addresses' | 'expired' | 'retry' | 'period';

/** How a reconcile of one router ended. */
export interface ReconcileOutcome {
  readonly routerId: string;
  readonly trigger: ReconcileTrigger;
  readonly seconds: number;
  readonly isOk: boolean;
  /** Mappings whose rules differed from the store without a request to change them. */
  readonly repaired: number;
}

interface ControllerParts {
  /** IDs of the routers that have a record. */
  readonly routers: () => Promise<readonly string[]>;
  readonly read: (routerId: string) => Promise<RouterRecord>;
  readonly sync: (routerId: string) => Promise<Changed<Synced>>;
  readonly periodMs: () => number;
  readonly onReconciled: (outcome: ReconcileOutcome) => void;
  readonly clock: Clock & SteadyClock;
  readonly timers: Timers;
  readonly log: Logger;
}

/** A router whose last reconcile failed. */
interface FailingRouter {
  readonly routerId: string;
  readonly reason: string;
}

interface RouterState {
  dueMs: number;
  readonly failure: FailureState;
}

const CONCURRENCY = 8;
const SLOW_AFTER_MS = 2000;
const TICK_MS = 500;
/** A new namespace gets its interfaces and addresses one after the other. */
const AFTER_APPEARING_MS = [0, 100, 300, 1000, 3000];
const FIRST_RETRY_MS = 1000;
/** A router with very many mappings is reconciled less often: reconciling takes a tenth of the time at most. */
const MIN_PERIOD_FACTOR = 10;

export class Controller {
  readonly #parts: ControllerParts;
  readonly #queue: WorkQueue;
  readonly #expiries: ExpiryWatch;
  readonly #states = new Map<string, RouterState>();
  readonly #timers = new Set<() => void>();
  #isStopped = false;
  #hasStarted = false;

  constructor(parts: ControllerParts) {
    const { timers, clock, log } = parts;
    this.#parts = parts;
    this.#queue = new WorkQueue({
      timers,
      concurrency: CONCURRENCY,
      slowAfterMs: SLOW_AFTER_MS,
      work: (routerId, trigger) => this.#reconcile(routerId, trigger as ReconcileTrigger),
    });
    this.#expiries = new ExpiryWatch({
      clock,
      timers,
      onExpired: (routerId, mappings) => {
        for (const { id, name } of mappings) log.info('mapping expired', { router_id: routerId, id, name });
        this.enqueue(routerId, 'expired');
      },
      onExpiringSoon: ({ router_id, id, name, expires_at, ...mapping }) =>
        log.warn('mapping expires soon', { router_id, id, name, expires_at, endpoint: endpointKey(mapping) }),
    });
  }

  /** Reconciles every router once and resolves after that; from then on the controller runs by itself. */
  async start(): Promise<void> {
    const routerIds = await this.#parts.routers();
    await Promise.all(routerIds.map((routerId) => this.#loadExpiries(routerId)));
    for (const routerId of routerIds) this.#stateOf(routerId);
    for (const routerId of routerIds) this.#queue.add(routerId, 'start', false);
    this.#tick();
    await this.#queue.idle();
    this.#hasStarted = true;
  }

  /** Takes the record of a router after a change. */
  recordChanged(record: RouterRecord): void {
    if (this.#isStopped) return;
    this.#stateOf(record.router_id);
    this.#expiries.update(record);
  }

  /** Reconciles the router soon. A router without a record is ignored. */
  enqueue(routerId: string, trigger: ReconcileTrigger): void {
    if (!this.#states.has(routerId)) return;
    if (trigger !== 'appeared') this.#queue.add(routerId, trigger, true);
    else
      for (const milliseconds of AFTER_APPEARING_MS)
        this.#after(milliseconds, () => this.#queue.add(routerId, trigger, true));
  }

  /** True when every router has been reconciled since the start. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  get failing(): readonly FailingRouter[] {
    return [...this.#states].flatMap(
      ([
        routerId,
        {
          failure: { reason },
        },
      ]) => (reason === undefined ? [] : [{ routerId, reason }]),
    );
  }

  /** Starts no further reconcile, and resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#timers) cancel();
    this.#expiries.stop();
    await this.#queue.close();
  }

  async #loadExpiries(routerId: string): Promise<void> {
    try {
      this.#expiries.update(await this.#parts.read(routerId));
    } catch (error) {
      this.#fail(routerId, this.#stateOf(routerId), error);
    }
  }

  #tick(): void {
    const now = this.#parts.clock.elapsedMs();
    for (const [routerId, { dueMs, failure }] of this.#states) {
      if (dueMs <= now) this.#queue.add(routerId, failure.count > 0 ? 'retry' : 'period', false);
    }
    this.#after(TICK_MS, () => this.#tick());
  }

  async #reconcile(routerId: string, trigger: ReconcileTrigger): Promise<void> {
    const { clock, periodMs, sync, onReconciled, log } = this.#parts;
    const state = this.#stateOf(routerId);
    const startMs = clock.elapsedMs();
    // While it runs it is not due.
    state.dueMs = Number.POSITIVE_INFINITY;
    let repaired = 0;
    try {
      const { added, removed, moved } = (await sync(routerId)).value;
      if (moved > 0) log.info('mappings moved', { router_id: routerId, moved });
      else if (trigger !== 'expired') repaired = Math.max(added, removed);
      if (state.failure.recovered()) log.info('reconcile recovered', { router_id: routerId });
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) state.failure.recovered();
      else this.#fail(routerId, state, error);
    }
    const endMs = clock.elapsedMs();
    const maxMs = Math.max(periodMs(), (endMs - startMs) * MIN_PERIOD_FACTOR);
    state.dueMs = endMs + state.failure.waitMs({ firstMs: FIRST_RETRY_MS, maxMs });
    onReconciled({ routerId, trigger, seconds: (endMs - startMs) / 1000, isOk: state.failure.count === 0, repaired });
  }

  #fail(routerId: string, state: RouterState, error: unknown): void {
    if (state.failure.failed(error))
      this.#parts.log.warn('reconcile failed', { router_id: routerId, error: messageOf(error) });
  }

  #stateOf(routerId: string): RouterState {
    const present = this.#states.get(routerId);
    if (present) return present;
    const state: RouterState = {
      dueMs: this.#parts.clock.elapsedMs() + this.#parts.periodMs(),
      failure: new FailureState(),
    };
    this.#states.set(routerId, state);
    return state;
  }

  #after(milliseconds: number, work: () => void): void {
    if (this.#isStopped) return;
    const cancel = this.#parts.timers.after(milliseconds, () => {
      this.#timers.delete(cancel);
      work();
    });
    this.#timers.add(cancel);
  }
}
