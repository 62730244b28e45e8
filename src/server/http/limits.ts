/**
 * What one caller and one address may ask of the daemon: requests under way, and writes a minute. A caller is a project, or a token
 * without one. -1 is no limit. What is refused says when to come back.
 */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { SteadyClock } from '../../core/clock.ts';
import { praasError } from '../../core/errors/errors.ts';
import type { Timers } from '../../core/timers.ts';
import { UnderWay } from '../../core/under-way.ts';
import { limitKey } from './client-address.ts';
import { Turns } from './turns.ts';

/** By their keys in praas.conf. */
interface LimitSettings {
  readonly max_requests_per_address: number;
  readonly max_requests_per_caller: number;
  readonly writes_per_minute: number;
}

const MINUTE_SECONDS = 60;
const SECOND_MS = 1000;
/** A request under way takes less than that, as a rule. */
const SOON_SECONDS = 1;
/** Who is refused is told after that, so that asking again at once, without end, costs the daemon little. */
const REFUSED_AFTER_MS = 1000;

export class Limits {
  readonly #settings: () => LimitSettings;
  readonly #addresses = new UnderWay();
  readonly #callers = new UnderWay();
  readonly #turns: Turns;
  readonly #writes = new RateLimiterMemory({ points: 1, duration: MINUTE_SECONDS });

  readonly #timers: Timers;

  /** The settings may change while it runs. */
  constructor(settings: () => LimitSettings, timers: Timers, clock: SteadyClock) {
    this.#settings = settings;
    this.#timers = timers;
    this.#turns = new Turns(timers, clock);
  }

  /** Responds to a request that was refused. Gives what cancels that. */
  respondLater(respond: () => void): () => void {
    return this.#timers.after(REFUSED_AFTER_MS, respond);
  }

  /**
   * Counts a request of an address as under way while its caller is not known: an address may be that of a caller who is there already.
   * Gives what ends that. Throws TOO_MANY_REQUESTS.
   */
  beginOfUnknown(address: string): () => void {
    const most = this.#settings().max_requests_per_address;
    return this.#addresses.begin(limitKey(address), most) ?? refuse('max_requests_per_address', most, SOON_SECONDS);
  }

  /** The same of one that has no caller: while it is under way, others leave it time. */
  beginOfAddress(address: string): () => void {
    return both(this.beginOfUnknown(address), this.attend(addressKey(address)));
  }

  /** The same of a caller. */
  beginOfCaller(caller: string): () => void {
    const most = this.#settings().max_requests_per_caller;
    const end = this.#callers.begin(caller, most) ?? refuse('max_requests_per_caller', most, SOON_SECONDS);
    return both(end, this.attend(callerKey(caller)));
  }

  /** The same of one without limits, such as root. */
  attend(key: string): () => void {
    return this.#turns.attend(key);
  }

  /** Counts writes of a caller. One request with more writes than a minute may have counts as all of that minute. Throws TOO_MANY_REQUESTS. */
  async countWrites(caller: string, count: number): Promise<void> {
    const most = this.#settings().writes_per_minute;
    if (most < 0 || count === 0) return;
    this.#writes.points = most;
    await this.#writes.consume(caller, Math.min(count, most || 1)).catch(({ msBeforeNext }: RateLimiterRes) => {
      refuse('writes_per_minute', most, Math.max(1, Math.ceil(msBeforeNext / SECOND_MS)));
    });
  }

  /**
   * Does work for a caller in the caller's turn: reads, and what is looked at before a write. Without a limit of requests under way there
   * are no turns. Gives and throws what the work does.
   */
  inTurn<T>(caller: string, work: () => Promise<T>): Promise<T> {
    return this.#settings().max_requests_per_caller < 0 ? work() : this.#turns.run(callerKey(caller), work);
  }

  /** The same for a request that no caller is known of. */
  inTurnOfAddress<T>(address: string, work: () => Promise<T>): Promise<T> {
    return this.#settings().max_requests_per_address < 0 ? work() : this.#turns.run(addressKey(address), work);
  }
}

const callerKey = (caller: string): string => `caller ${caller}`;
const addressKey = (address: string): string => `address ${limitKey(address)}`;

const both = (first: () => void, second: () => void) => (): void => {
  first();
  second();
};

function refuse(limit: string, most: number, seconds: number): never {
  throw praasError('TOO_MANY_REQUESTS', { limit, most, seconds });
}
