/**
 * Keeps all routers of the node as the store says, whatever happens to them: looks after a router when it appears, when its
 * addresses change, when one of its mappings ends, after a failure, and on a period. It knows no more of a router than when
 * it is due; every time everything is compared anew (level-triggered), so a lost event costs a period at most.
 */

import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import type { Timers } from '../../core/timers.ts';
import { WorkQueue } from '../../core/work-queue.ts';
import type { Changed, Synced } from '../change/change.ts';
import { isPraasError } from '../errors.ts';
import { endpointKey } from '../mapping/forward.ts';
import type { RouterRecord } from '../mapping/record.ts';
import { ExpiryWatch } from './expiry-watch.ts';

export type Reason = 'start' | 'appeared' | 'gone' | 'addresses' | 'expired' | 'retry' | 'period';

/** How a reconciliation of one router ended. */
export interface ReconcileOutcome {
  readonly router_id: string;
  readonly reason: Reason;
  readonly seconds: number;
  readonly isOk: boolean;
  /** Mappings put right that nobody had asked to change. */
  readonly repaired: number;
}

export interface ControllerParts {
  /** Routers with a record. */
  readonly routers: () => Promise<readonly string[]>;
  readonly read: (router_id: string) => Promise<RouterRecord>;
  readonly sync: (router_id: string) => Promise<Changed<Synced>>;
  readonly periodMs: () => number;
  readonly onReconciled: (reconciled: ReconcileOutcome) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
}

export interface Failing {
  readonly router_id: string;
  readonly reason: string;
}

interface RouterState {
  dueMs: number;
  failures: number;
  trouble: string | undefined;
}

const CONCURRENCY = 8;
const SLOW_AFTER_MS = 2000;
const TICK_MS = 500;
/** A new namespace gets its interfaces and addresses bit by bit. */
const AFTER_APPEARING_MS = [0, 100, 300, 1000, 3000];
const FIRST_RETRY_MS = 1000;
/** A router with very many mappings is looked at less often, so that looking never takes more than a tenth of the time. */
const MOST_SHARE = 10;

export class Controller {
  readonly #parts: ControllerParts;
  readonly #queue: WorkQueue;
  readonly #expiries: ExpiryWatch;
  readonly #states = new Map<string, RouterState>();
  readonly #timersSet = new Set<() => void>();
  #isStopped = false;
  #hasStarted = false;

  constructor(parts: ControllerParts) {
    const { timers, clock, log } = parts;
    this.#parts = parts;
    this.#queue = new WorkQueue({
      timers,
      concurrency: CONCURRENCY,
      slowAfterMs: SLOW_AFTER_MS,
      work: (router_id, reason) => this.#reconcile(router_id, reason as Reason),
    });
    this.#expiries = new ExpiryWatch({
      clock,
      timers,
      onExpired: (router_id, mappings) => {
        for (const { id, name } of mappings) log.info('mapping has expired', { router_id, id, name });
        this.wake(router_id, 'expired');
      },
      onSoon: ({ router_id, id, name, expires_at, ...mapping }) =>
        log.warn('mapping expires soon', { router_id, id, name, expires_at, endpoint: endpointKey(mapping) }),
    });
  }

  /** Looks after every router once and resolves when that is done; from then on it goes on by itself. */
  async start(): Promise<void> {
    const routers = await this.#parts.routers();
    await Promise.all(routers.map((router_id) => this.#noteExpiries(router_id)));
    for (const router_id of routers) this.#stateOf(router_id);
    for (const router_id of routers) this.#queue.add(router_id, 'start', false);
    this.#tick();
    await this.#queue.idle();
    this.#hasStarted = true;
  }

  /** Takes the record of a router that has just been changed. */
  touched(record: RouterRecord): void {
    if (this.#isStopped) return;
    this.#stateOf(record.router_id);
    this.#expiries.update(record);
  }

  /** Something has happened to a router. Those that nothing is stored of are nobody's business. */
  wake(router_id: string, reason: Reason): void {
    if (!this.#states.has(router_id)) return;
    if (reason !== 'appeared') this.#queue.add(router_id, reason, true);
    else
      for (const milliseconds of AFTER_APPEARING_MS)
        this.#later(milliseconds, () => this.#queue.add(router_id, reason, true));
  }

  /** Whether every router has been looked after since the start. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** Routers whose last reconciliation failed, and why. */
  get failing(): readonly Failing[] {
    return [...this.#states].flatMap(([router_id, { trouble }]) => (trouble ? [{ router_id, reason: trouble }] : []));
  }

  /** Lets what is under way end, and does nothing any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const callOff of this.#timersSet) callOff();
    this.#expiries.stop();
    await this.#queue.close();
  }

  async #noteExpiries(router_id: string): Promise<void> {
    try {
      this.#expiries.update(await this.#parts.read(router_id));
    } catch (error) {
      this.#fail(router_id, this.#stateOf(router_id), error);
    }
  }

  #tick(): void {
    const now = this.#parts.clock.now().getTime();
    for (const [router_id, { dueMs, failures }] of this.#states) {
      if (dueMs <= now) this.#queue.add(router_id, failures > 0 ? 'retry' : 'period', false);
    }
    this.#later(TICK_MS, () => this.#tick());
  }

  async #reconcile(router_id: string, reason: Reason): Promise<void> {
    const { clock, periodMs, sync, onReconciled, log } = this.#parts;
    const care = this.#stateOf(router_id);
    const start = clock.now().getTime();
    // Not again meanwhile.
    care.dueMs = Number.POSITIVE_INFINITY;
    let repaired = 0;
    try {
      const { added, removed, moved } = (await sync(router_id)).value;
      if (moved > 0) log.info('mappings follow the gateway of their router', { router_id, moved });
      else if (reason !== 'expired') repaired = Math.max(added, removed);
      if (care.trouble) log.info('router is all right again', { router_id });
      Object.assign(care, { failures: 0, trouble: undefined });
    } catch (error) {
      if (isPraasError(error, 'ROUTER_NOT_FOUND')) Object.assign(care, { failures: 0, trouble: undefined });
      else this.#fail(router_id, care, error);
    }
    const end = clock.now().getTime();
    const usual = Math.max(periodMs(), (end - start) * MOST_SHARE);
    care.dueMs = end + (care.failures === 0 ? usual : Math.min(usual, FIRST_RETRY_MS * 2 ** (care.failures - 1)));
    onReconciled({ router_id, reason, seconds: (end - start) / 1000, isOk: care.failures === 0, repaired });
  }

  #fail(router_id: string, care: RouterState, error: unknown): void {
    const reason = messageOf(error);
    // The same trouble every period is said once.
    if (care.trouble !== reason) this.#parts.log.warn('router cannot be looked after', { router_id, reason });
    care.trouble = reason;
    care.failures += 1;
  }

  #stateOf(router_id: string): RouterState {
    const present = this.#states.get(router_id);
    if (present) return present;
    const care: RouterState = {
      dueMs: this.#parts.clock.now().getTime() + this.#parts.periodMs(),
      failures: 0,
      trouble: undefined,
    };
    this.#states.set(router_id, care);
    return care;
  }

  #later(milliseconds: number, work: () => void): void {
    if (this.#isStopped) return;
    const callOff = this.#parts.timers.after(milliseconds, () => {
      this.#timersSet.delete(callOff);
      work();
    });
    this.#timersSet.add(callOff);
  }
}
