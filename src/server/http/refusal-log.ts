/**
 * Lines of the log about requests that were refused. Anybody can send those, so the first of an address in a period is written, and the
 * others are counted: however many there are, they do not push other lines out of the log.
 */
import type { SteadyClock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { limitKey } from './client-address.ts';

interface Repeated {
  readonly reason: string;
  readonly address: string;
  count: number;
}

const PERIOD_MS = 60_000;
/** Addresses with lines of their own in a period; all others share one. */
const MAX_ADDRESSES = 256;
const OTHERS = 'other addresses';

export class RefusalLog {
  readonly #log: Logger;
  readonly #clock: SteadyClock;
  readonly #repeated = new Map<string, Repeated>();
  #endsMs = 0;

  constructor(log: Logger, clock: SteadyClock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Writes a line, by `write`, or counts it where one with that reason of that address was written in this period. */
  add(reason: string, address: string, write: () => void): void {
    this.flush();
    const hasRoom = this.#repeated.size < MAX_ADDRESSES;
    const own = `${reason} ${limitKey(address)}`;
    const key = hasRoom || this.#repeated.has(own) ? own : `${reason} ${OTHERS}`;
    const present = this.#repeated.get(key);
    if (present) {
      present.count += 1;
      return;
    }
    if (this.#repeated.size === 0) this.#endsMs = this.#clock.elapsedMs() + PERIOD_MS;
    this.#repeated.set(key, { reason, address: key === own ? address : OTHERS, count: 0 });
    write();
  }

  /** Writes what was counted in a period that has ended. To be called now and then. */
  flush(): void {
    if (this.#repeated.size === 0 || this.#clock.elapsedMs() < this.#endsMs) return;
    const counted = [...this.#repeated.values()].filter(({ count }) => count > 0);
    this.#repeated.clear();
    for (const { reason, address, count } of counted) this.#log.info('refusals repeated', { reason, address, count });
  }
}
