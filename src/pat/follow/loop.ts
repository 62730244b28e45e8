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
import type { Monitor, Report } from './monitor.ts';

export interface MonitorLoopParts {
  readonly monitor: Pick<Monitor, 'sweep' | 'look' | 'swept_at'>;
  readonly notifications?: Notifications | undefined;
  readonly period_ms: () => number;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each look that ended, and how; for metrics. */
  readonly onLooked: (looked: Looked) => void;
}

export interface Looked {
  readonly kind: 'sweep' | 'event';
  readonly seconds: number;
  /** Undefined when it failed. */
  readonly report: Report | undefined;
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
  #held_back: readonly string[] = [];
  #callOffSweep: () => void = () => undefined;
  #callOffLook: (() => void) | undefined;
  #unsettled = new Set<string>();
  #callOffAgain: (() => void) | undefined;
  #again_ms = FIRST_RETRY_MS;
  #is_stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: MonitorLoopParts) {
    this.#parts = parts;
  }

  /** Why mappings may not be as the cloud is; undefined while all is well. */
  get trouble(): string | undefined {
    const { monitor, clock, period_ms, notifications } = this.#parts;
    if (this.#reason !== undefined) return this.#reason;
    const age_ms = clock.now().getTime() - (monitor.swept_at?.getTime() ?? 0);
    if (age_ms > STALE_PERIODS * period_ms() + LIMIT_MS)
      return `the last good look at OpenStack is ${Math.round(age_ms / SECOND_MS)} seconds old`;
    const [held_back] = this.#held_back;
    return held_back ?? notifications?.trouble;
  }

  /** Seconds since the last good sweep; undefined before it. */
  get age_seconds(): number | undefined {
    const { monitor, clock } = this.#parts;
    return monitor.swept_at && Math.max(0, (clock.now().getTime() - monitor.swept_at.getTime()) / SECOND_MS);
  }

  /** Begins, and goes on by itself. */
  start(): void {
    this.#parts.notifications?.start(
      (ids) => {
        this.#again_ms = FIRST_RETRY_MS;
        this.#notice(ids);
      },
      () => this.#sweepIn(0),
    );
    this.#sweepIn(0);
  }

  /** Looks no more, once what is under way has ended. */
  async stop(): Promise<void> {
    this.#is_stopped = true;
    this.#callOffSweep();
    this.#callOffLook?.();
    this.#callOffAgain?.();
    await this.#parts.notifications?.stop();
    await this.#running;
  }

  #notice(ids: readonly string[]): void {
    for (const id of ids) this.#ids.add(id);
    if (this.#is_stopped || this.#ids.size === 0) return;
    this.#callOffLook ??= this.#parts.timers.after(BUNCH_MS, () => {
      this.#callOffLook = undefined;
      const noticed = this.#ids;
      this.#ids = new Set();
      this.#running = this.#running.then(() => this.#look(noticed));
    });
  }

  /** Later and later, until sweeps are as good. */
  #noticeAgain(ids: readonly string[]): void {
    for (const id of ids) this.#unsettled.add(id);
    const wait_ms = this.#again_ms;
    if (this.#is_stopped || this.#unsettled.size === 0 || wait_ms >= this.#parts.period_ms()) return;
    this.#callOffAgain ??= this.#parts.timers.after(wait_ms, () => {
      this.#callOffAgain = undefined;
      this.#again_ms = 2 * wait_ms;
      const unsettled = [...this.#unsettled];
      this.#unsettled.clear();
      this.#notice(unsettled);
    });
  }

  #sweepIn(milliseconds: number): void {
    if (this.#is_stopped) return;
    this.#callOffSweep();
    this.#callOffSweep = this.#parts.timers.after(milliseconds, () => {
      this.#running = this.#running.then(() => this.#sweep());
    });
  }

  async #sweep(): Promise<void> {
    const { monitor, period_ms, log } = this.#parts;
    try {
      const report = await this.#timed('sweep', () => monitor.sweep());
      if (this.#failures > 0) log.info('mappings can be compared with OpenStack again');
      this.#failures = 0;
      this.#reason = undefined;
      this.#holdBack(report.held_back);
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#reason) log.warn('mappings cannot be compared with OpenStack; none is changed', { reason });
      this.#reason = reason;
      this.#failures += 1;
    }
    const usual = period_ms();
    this.#sweepIn(this.#failures === 0 ? usual : Math.min(usual, FIRST_RETRY_MS * 2 ** (this.#failures - 1)));
  }

  /** What could not be looked at is in the next sweep, which then comes soon. */
  async #look(ids: ReadonlySet<string>): Promise<void> {
    if (this.#is_stopped) return;
    const { monitor, log } = this.#parts;
    try {
      const { held_back, unsettled } = await this.#timed('event', () => monitor.look(ids));
      if (held_back.length > 0) this.#holdBack(held_back);
      this.#noticeAgain(unsettled);
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
      if (!this.#held_back.includes(reason)) this.#parts.log.warn('the monitor holds back', { reason });
    this.#held_back = reasons;
  }

  async #timed<R extends Report>(kind: Looked['kind'], work: () => Promise<R>): Promise<R> {
    const { timers, clock, onLooked } = this.#parts;
    const begun_ms = clock.now().getTime();
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
      onLooked({ kind, seconds: (clock.now().getTime() - begun_ms) / SECOND_MS, report });
    }
  }
}
