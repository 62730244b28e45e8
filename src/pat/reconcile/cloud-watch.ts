/** Reads the cloud periodically, and sooner after a failure. What was read before stays in use meanwhile. */
import { messageOf } from '../../core/errors/message-of.ts';
import { FailureState } from '../../core/failure-state.ts';
import type { Logger } from '../../core/logger.ts';
import type { Timers } from '../../core/timers.ts';

interface CloudWatchParts {
  /** Has its own time limit. */
  readonly read: () => Promise<void>;
  readonly periodMs: () => number;
  readonly timers: Timers;
  readonly log: Logger;
}

const FIRST_RETRY_MS = 1000;

export class CloudWatch {
  readonly #parts: CloudWatchParts;
  readonly #failure = new FailureState('OpenStack has not been read yet');
  #cancel: () => void = () => undefined;
  #isStopped = false;
  #reading: Promise<void> | undefined;

  constructor(parts: CloudWatchParts) {
    this.#parts = parts;
  }

  /** Why the last read failed; undefined when it succeeded. */
  get degradedReason(): string | undefined {
    return this.#failure.reason;
  }

  /** Reads once, and then periodically; resolves after the first read. Never rejects. */
  async start(): Promise<void> {
    await this.#read();
  }

  /** Reads now, or waits for the read that is running. Never rejects. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Starts no further read. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #read(): Promise<void> {
    const { read, periodMs, timers, log } = this.#parts;
    this.#cancel();
    try {
      await read();
      if (this.#failure.recovered()) log.info('OpenStack recovered');
    } catch (error) {
      if (this.#failure.failed(error)) log.warn('OpenStack unavailable', { error: messageOf(error) });
    }
    if (this.#isStopped) return;
    const waitMs = this.#failure.waitMs({ firstMs: FIRST_RETRY_MS, maxMs: periodMs() });
    this.#cancel = timers.after(waitMs, () => void this.refresh());
  }
}
