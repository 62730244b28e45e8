/**
 * Routers that wait for being looked after: each is in line once, is worked on once at a time, and comes again when it was
 * asked for meanwhile. A few are worked on at the same time; one that takes long gives its place to the next and goes on
 * beside, so that broken namespaces never hold up the others.
 */
import type { Timers } from './timers.ts';

export interface WorkQueueParts {
  readonly timers: Timers;
  /** Looks after one router. Must not reject. */
  readonly work: (router_id: string, reason: string) => Promise<void>;
  readonly concurrency: number;
  /** Whoever takes longer gives up its place. */
  readonly slowAfterMs: number;
}

export class WorkQueue {
  readonly #parts: WorkQueueParts;
  /** By router, in the order of asking; the first reason counts. */
  readonly #urgent = new Map<string, string>();
  readonly #usual = new Map<string, string>();
  readonly #running = new Map<string, Promise<void>>();
  #taken = 0;
  #isClosed = false;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(parts: WorkQueueParts) {
    this.#parts = parts;
  }

  /** Asks for a router. What is urgent goes before what is usual. */
  add(router_id: string, reason: string, isUrgent: boolean): void {
    if (this.#isClosed) return;
    if (isUrgent) {
      this.#usual.delete(router_id);
      if (!this.#urgent.has(router_id)) this.#urgent.set(router_id, reason);
    } else if (!this.#urgent.has(router_id) && !this.#usual.has(router_id)) this.#usual.set(router_id, reason);
    this.#next();
  }

  /** Resolves when nobody is in line and nobody is worked on. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  /** Takes nobody any more; resolves when those being worked on are done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#urgent.clear();
    this.#usual.clear();
    await Promise.all(this.#running.values());
    this.#idle?.resolve();
  }

  #next(): void {
    for (const line of [this.#urgent, this.#usual]) {
      for (const [router_id, reason] of line) {
        if (this.#taken >= this.#parts.concurrency) return;
        if (this.#running.has(router_id)) continue;
        line.delete(router_id);
        this.#start(router_id, reason);
      }
    }
  }

  #start(router_id: string, reason: string): void {
    const { timers, work, slowAfterMs } = this.#parts;
    let hasPlace = true;
    this.#taken++;
    const giveUp = (): void => {
      if (!hasPlace) return;
      hasPlace = false;
      this.#taken--;
    };
    const callOff = timers.after(slowAfterMs, () => {
      giveUp();
      this.#next();
    });
    const done = work(router_id, reason).finally(() => {
      callOff();
      giveUp();
      this.#running.delete(router_id);
      this.#next();
      if (this.#isIdle()) this.#idle?.resolve();
      if (this.#isIdle()) this.#idle = undefined;
    });
    this.#running.set(router_id, done);
  }

  #isIdle(): boolean {
    return this.#urgent.size + this.#usual.size + this.#running.size === 0;
  }
}
