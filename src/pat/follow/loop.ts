/**
 * When the monitor looks: at the start, every period, after events, again while these have not had all their effect, and
 * again soon after it could not. Nothing here ends
 * the loop but `stop`: a look that fails or hangs is an error that is said, counted and tried again.
 */

import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import type { Timers } from '../../core/timers.ts';
import type { Notifications } from '../interfaces/notifications.ts';
import type { Monitor, SweepReport } from './monitor.ts';

export interface MonitorLoopParts {
  readonly monitor: Pick<Monitor, 'sweep' | 'verify' | 'sweptAt'>;
  readonly notifications?: Notifications | undefined;
  readonly periodMs: () => number;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each look that ended, and how; for metrics. */
  readonly onCycle: (looked: MonitorCycle) => void;
}

export interface MonitorCycle {
  readonly kind: 'sweep' | 'event';
  readonly seconds: number;
  /** Undefined when it failed. */
  readonly report: SweepReport | undefined;
}

/** Events come in bunches: what a call changes is announced by several. */
const BUNCH_MS = 50;
const FIRST_RETRY_MS = 1000;
/** What looks at the cloud for longer than that is not waited for any more. */
const LIMIT_MS = 120_000;
/** A sweep this many periods old is no good any more. */
const STALE_PERIODS = 3;
const SECOND_MS = 1000;

export class MonitorLoop {
  readonly #parts: MonitorLoopParts;
  #ids = new Set<string>();
  #failures = 0;
  #reason: string | undefined = 'OpenStack has not been looked at yet';
  #heldBack: readonly string[] = [];
  #callOffSweep: () => void = () => undefined;
  #callOffLook: (() => void) | undefined;
  #pending = new Set<string>();
  #callOffAgain: (() => void) | undefined;
  #againMs = FIRST_RETRY_MS;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: MonitorLoopParts) {
    this.#parts = parts;
  }

  /** Why mappings may not be as the cloud is; undefined while all is well. */
  get trouble(): string | undefined {
    const { monitor, clock, periodMs, notifications } = this.#parts;
    if (this.#reason !== undefined) return this.#reason;
    const ageMs = clock.now().getTime() - (monitor.sweptAt?.getTime() ?? 0);
    if (ageMs > STALE_PERIODS * periodMs() + LIMIT_MS)
      return `the last good look at OpenStack is ${Math.round(ageMs / SECOND_MS)} seconds old`;
    const [heldBack] = this.#heldBack;
    return heldBack ?? notifications?.trouble;
  }

  /** Seconds since the last good sweep; undefined before it. */
  get ageSeconds(): number | undefined {
    const { monitor, clock } = this.#parts;
    return monitor.sweptAt && Math.max(0, (clock.now().getTime() - monitor.sweptAt.getTime()) / SECOND_MS);
  }

  /** Begins, and goes on by itself. */
  start(): void {
    this.#parts.notifications?.start(
      (ids) => {
        this.#againMs = FIRST_RETRY_MS;
        this.#notice(ids);
      },
      () => this.#sweepIn(0),
    );
    this.#sweepIn(0);
  }

  /** Looks no more, once what is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#callOffSweep();
    this.#callOffLook?.();
    this.#callOffAgain?.();
    await this.#parts.notifications?.stop();
    await this.#running;
  }

  #notice(ids: readonly string[]): void {
    for (const id of ids) this.#ids.add(id);
    if (this.#isStopped || this.#ids.size === 0) return;
    this.#callOffLook ??= this.#parts.timers.after(BUNCH_MS, () => {
      this.#callOffLook = undefined;
      const noticed = this.#ids;
      this.#ids = new Set();
      this.#running = this.#running.then(() => this.#look(noticed));
    });
  }

  /** Later and later, until sweeps are as good. */
  #noticeAgain(ids: readonly string[]): void {
    for (const id of ids) this.#pending.add(id);
    const waitMs = this.#againMs;
    if (this.#isStopped || this.#pending.size === 0 || waitMs >= this.#parts.periodMs()) return;
    this.#callOffAgain ??= this.#parts.timers.after(waitMs, () => {
      this.#callOffAgain = undefined;
      this.#againMs = 2 * waitMs;
      const pending = [...this.#pending];
      this.#pending.clear();
      this.#notice(pending);
    });
  }

  #sweepIn(milliseconds: number): void {
    if (this.#isStopped) return;
    this.#callOffSweep();
    this.#callOffSweep = this.#parts.timers.after(milliseconds, () => {
      this.#running = this.#running.then(() => this.#sweep());
    });
  }

  async #sweep(): Promise<void> {
    const { monitor, periodMs, log } = this.#parts;
    try {
      const report = await this.#timed('sweep', () => monitor.sweep());
      if (this.#failures > 0) log.info('mappings can be compared with OpenStack again');
      this.#failures = 0;
      this.#reason = undefined;
      this.#holdBack(report.heldBack);
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#reason) log.warn('mappings cannot be compared with OpenStack; none is changed', { reason });
      this.#reason = reason;
      this.#failures += 1;
    }
    const usual = periodMs();
    this.#sweepIn(this.#failures === 0 ? usual : Math.min(usual, FIRST_RETRY_MS * 2 ** (this.#failures - 1)));
  }

  /** What could not be looked at is in the next sweep, which then comes soon. */
  async #look(ids: ReadonlySet<string>): Promise<void> {
    if (this.#isStopped) return;
    const { monitor, log } = this.#parts;
    try {
      const { heldBack, pending } = await this.#timed('event', () => monitor.verify(ids));
      if (heldBack.length > 0) this.#holdBack(heldBack);
      this.#noticeAgain(pending);
    } catch (error) {
      log.warn('what happened in OpenStack could not be looked at', {
        reason: messageOf(error),
      });
      this.#sweepIn(FIRST_RETRY_MS);
    }
  }

  /** Each reason is said once, and not again while it lasts. */
  #holdBack(reasons: readonly string[]): void {
    for (const reason of reasons)
      if (!this.#heldBack.includes(reason)) this.#parts.log.warn('the monitor holds back', { reason });
    this.#heldBack = reasons;
  }

  async #timed<R extends SweepReport>(kind: MonitorCycle['kind'], work: () => Promise<R>): Promise<R> {
    const { timers, clock, onCycle: onLooked } = this.#parts;
    const begunMs = clock.now().getTime();
    let callOff = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      callOff = timers.after(LIMIT_MS, () => reject(new Error(`no end within ${LIMIT_MS / SECOND_MS} seconds`)));
    });
    let report: R | undefined;
    try {
      report = await Promise.race([work(), late]);
      return report;
    } finally {
      callOff();
      onLooked({ kind, seconds: (clock.now().getTime() - begunMs) / SECOND_MS, report });
    }
  }
}
