/**
 * Decides when the monitor runs: a sweep at the start, in each period and soon after a failure; a verification after
 * notifications, repeated while their effect is incomplete. A cycle that fails or hangs is logged, counted and tried again;
 * only `stop` ends the loop.
 */

import { backoff } from '../../core/backoff.ts';
import type { SteadyClock } from '../../core/clock.ts';
import { withDeadline } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import { FailureState } from '../../core/failure-state.ts';
import type { Logger } from '../../core/logger.ts';
import { Queue } from '../../core/queue.ts';
import type { Timers } from '../../core/timers.ts';
import type { Notifications } from '../interfaces/notifications.ts';
import type { Monitor, SweepReport } from './monitor.ts';
import { isSameWithheld, type Withheld, withheldText } from './withheld.ts';

interface MonitorLoopParts {
  readonly monitor: Pick<Monitor, 'sweep' | 'verify' | 'sweptAtMs'>;
  readonly notifications?: Notifications | undefined;
  readonly periodMs: () => number;
  readonly timers: Timers;
  readonly clock: SteadyClock;
  readonly log: Logger;
  /** Called after each cycle, for metrics. */
  readonly onCycle: (cycle: MonitorCycle) => void;
}

export interface MonitorCycle {
  readonly kind: 'sweep' | 'event';
  readonly seconds: number;
  /** Undefined when the cycle failed. */
  readonly report: SweepReport | undefined;
}

/** One call to OpenStack causes several notifications, which are verified together. */
const COLLECT_MS = 50;
const FIRST_RETRY_MS = 1000;
const CYCLE_TIMEOUT_MS = 120_000;
/** After that many periods without a complete sweep the monitor is degraded. */
const STALE_PERIODS = 3;
const SECOND_MS = 1000;

export class MonitorLoop {
  readonly #parts: MonitorLoopParts;
  readonly #queue = new Queue();
  /** IDs from notifications that wait for the next verification. */
  #notifiedIds = new Set<string>();
  /** IDs that are verified again, because their last verification was too early. */
  #pendingIds = new Set<string>();
  readonly #failure = new FailureState('no sweep has completed yet');
  #withheld: readonly Withheld[] = [];
  #cancelSweep: () => void = () => undefined;
  #cancelVerify: (() => void) | undefined;
  #cancelRepeat: (() => void) | undefined;
  /** Verifications since the last notification, plus one. */
  #attempt = 1;
  #isStopped = false;

  constructor(parts: MonitorLoopParts) {
    this.#parts = parts;
  }

  /** Why mappings may differ from the cloud; undefined while they follow it. */
  get degradedReason(): string | undefined {
    const { monitor, clock, periodMs, notifications } = this.#parts;
    if (this.#failure.reason !== undefined) return this.#failure.reason;
    const ageMs = clock.elapsedMs() - (monitor.sweptAtMs ?? 0);
    if (ageMs > STALE_PERIODS * periodMs() + CYCLE_TIMEOUT_MS)
      return `the last complete sweep was ${Math.round(ageMs / SECOND_MS)} seconds ago`;
    const [withheld] = this.#withheld;
    return withheld ? withheldText(withheld) : notifications?.lastError;
  }

  /** Seconds since the last complete sweep; undefined before it. */
  get ageSeconds(): number | undefined {
    const { monitor, clock } = this.#parts;
    const { sweptAtMs } = monitor;
    return sweptAtMs === undefined ? undefined : (clock.elapsedMs() - sweptAtMs) / SECOND_MS;
  }

  /** Starts the loop, which then runs by itself. */
  start(): void {
    this.#parts.notifications?.start(
      (ids) => {
        this.#attempt = 1;
        this.#verifySoon(ids);
      },
      () => this.#sweepAfter(0),
    );
    this.#sweepAfter(0);
  }

  /** Starts no further cycle, and resolves when the running one has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelSweep();
    this.#cancelVerify?.();
    this.#cancelRepeat?.();
    await this.#parts.notifications?.stop();
    await this.#queue.idle();
  }

  #verifySoon(ids: readonly string[]): void {
    for (const id of ids) this.#notifiedIds.add(id);
    if (this.#isStopped || this.#notifiedIds.size === 0) return;
    this.#cancelVerify ??= this.#parts.timers.after(COLLECT_MS, () => {
      this.#cancelVerify = undefined;
      const collected = this.#notifiedIds;
      this.#notifiedIds = new Set();
      void this.#queue.run(() => this.#verify(collected));
    });
  }

  /** Waits longer each time, and ends when the wait is as long as the period of the sweeps. */
  #verifyAgain(ids: readonly string[]): void {
    for (const id of ids) this.#pendingIds.add(id);
    const waitMs = backoff(this.#attempt, { firstMs: FIRST_RETRY_MS });
    if (this.#isStopped || this.#pendingIds.size === 0 || waitMs >= this.#parts.periodMs()) return;
    this.#cancelRepeat ??= this.#parts.timers.after(waitMs, () => {
      this.#cancelRepeat = undefined;
      this.#attempt += 1;
      const pending = [...this.#pendingIds];
      this.#pendingIds.clear();
      this.#verifySoon(pending);
    });
  }

  #sweepAfter(milliseconds: number): void {
    if (this.#isStopped) return;
    this.#cancelSweep();
    this.#cancelSweep = this.#parts.timers.after(milliseconds, () => void this.#queue.run(() => this.#sweep()));
  }

  async #sweep(): Promise<void> {
    const { monitor, periodMs, log } = this.#parts;
    try {
      const { withheld } = await this.#measured('sweep', () => monitor.sweep());
      if (this.#failure.recovered()) log.info('sweep recovered');
      this.#logWithheld(withheld);
    } catch (error) {
      if (this.#failure.failed(error)) log.warn('sweep failed', { error: messageOf(error) });
    }
    this.#sweepAfter(this.#failure.waitMs({ firstMs: FIRST_RETRY_MS, maxMs: periodMs() }));
  }

  /** After a failure a sweep comes soon, which includes these mappings. */
  async #verify(ids: ReadonlySet<string>): Promise<void> {
    if (this.#isStopped) return;
    const { monitor, log } = this.#parts;
    try {
      const { withheld, pending } = await this.#measured('event', () => monitor.verify(ids));
      if (withheld.length > 0) this.#logWithheld(withheld);
      this.#verifyAgain(pending);
    } catch (error) {
      log.warn('verification failed', { error: messageOf(error) });
      this.#sweepAfter(FIRST_RETRY_MS);
    }
  }

  /** Logs each entry once, and not again while it lasts. */
  #logWithheld(withheld: readonly Withheld[]): void {
    const { log } = this.#parts;
    for (const each of withheld) {
      if (this.#withheld.some((before) => isSameWithheld(before, each))) continue;
      if (each.code === 'APPLY_FAILED') log.warn('corrections failed', { code: each.code, ...each.facts });
      else log.warn('corrections withheld', { code: each.code, ...each.facts });
    }
    this.#withheld = withheld;
  }

  async #measured<R extends SweepReport>(kind: MonitorCycle['kind'], work: () => Promise<R>): Promise<R> {
    const { timers, clock, onCycle } = this.#parts;
    const startMs = clock.elapsedMs();
    const timeout = (): Error => new Error(`no result within ${CYCLE_TIMEOUT_MS / SECOND_MS} seconds`);
    let report: R | undefined;
    try {
      report = await withDeadline(timers, CYCLE_TIMEOUT_MS, work(), timeout);
      return report;
    } finally {
      onCycle({ kind, seconds: (clock.elapsedMs() - startMs) / SECOND_MS, report });
    }
  }
}
