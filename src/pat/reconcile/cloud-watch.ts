import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import type { Timers } from '../../core/timers.ts';

export interface CloudWatchParts {
  /** Reads what is to be known. Bounded in time by whoever gives it. */
  readonly read: () => Promise<void>;
  readonly periodMs: () => number;
  readonly timers: Timers;
  readonly log: Logger;
}

const FIRST_RETRY_MS = 1000;

export class CloudWatch {
  readonly #parts: CloudWatchParts;
  #failures = 0;
  #trouble: string | undefined = 'OpenStack has not been asked yet';
  #callOff: () => void = () => undefined;
  #isStopped = false;
  #reading: Promise<void> | undefined;

  constructor(parts: CloudWatchParts) {
    this.#parts = parts;
  }

  /** Why the cloud cannot be asked; undefined while it answers. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Reads once, however that ends, and goes on by itself. Never rejects. */
  async start(): Promise<void> {
    await this.#read();
  }

  /** Reads now; who asks while it reads waits for the same. Never rejects. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Reads no more. */
  stop(): void {
    this.#isStopped = true;
    this.#callOff();
  }

  async #read(): Promise<void> {
    const { read, periodMs, timers, log } = this.#parts;
    this.#callOff();
    try {
      await read();
      if (this.#failures > 0) log.info('OpenStack answers again');
      this.#failures = 0;
      this.#trouble = undefined;
    } catch (error) {
      const reason = messageOf(error);
      if (this.#trouble !== reason) log.warn('OpenStack cannot be asked; what is known goes on', { reason });
      this.#trouble = reason;
      this.#failures += 1;
    }
    if (this.#isStopped) return;
    const usual = periodMs();
    const wait = this.#failures === 0 ? usual : Math.min(usual, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    this.#callOff = timers.after(wait, () => void this.refresh());
  }
}
