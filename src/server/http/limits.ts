/**
 * What one caller and one address may ask of the daemon: requests under way, and writes a minute. A caller is a project, or a token
 * without one. -1 is no limit. What is refused says when to come back.
 */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { praasError } from '../../core/errors/errors.ts';
import { Places } from '../../core/places.ts';
import type { Timers } from '../../core/timers.ts';
import { UnderWay } from '../../core/under-way.ts';
import { limitKey } from './client-address.ts';

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
/** Requests of one caller or address that have their turn at the same time; further ones wait, so that those of others come between. */
const TURNS_AT_A_TIME = 2;
/** Between two turns of a caller of whom more wait: that time is for the others. */
const PAUSE_MS = 40;
/** Who is refused is told after that, so that asking again at once, without end, costs the daemon little. */
const REFUSED_AFTER_MS = 1000;

export class Limits {
  readonly #settings: () => LimitSettings;
  readonly #addresses = new UnderWay();
  readonly #callers = new UnderWay();
  readonly #turns = new Map<string, Places>();
  readonly #writes = new RateLimiterMemory({ points: 1, duration: MINUTE_SECONDS });

  readonly #timers: Timers;

  /** The settings may change while it runs. */
  constructor(settings: () => LimitSettings, timers: Timers) {
    this.#settings = settings;
    this.#timers = timers;
  }

  /** Responds to a request that was refused. Gives what cancels that. */
  respondLater(respond: () => void): () => void {
    return this.#timers.after(REFUSED_AFTER_MS, respond);
  }

  /** Counts a request of an address as under way; gives what ends that. Throws TOO_MANY_REQUESTS. */
  beginOfAddress(address: string): () => void {
    const most = this.#settings().max_requests_per_address;
    return this.#addresses.begin(limitKey(address), most) ?? refuse('max_requests_per_address', most, SOON_SECONDS);
  }

  /** The same of a caller. */
  beginOfCaller(caller: string): () => void {
    const most = this.#settings().max_requests_per_caller;
    return this.#callers.begin(caller, most) ?? refuse('max_requests_per_caller', most, SOON_SECONDS);
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

  /** Does work for a caller in the caller's turn: reads, and what is looked at before a write. Gives and throws what the work does. */
  inTurn<T>(caller: string, work: () => Promise<T>): Promise<T> {
    return this.#inTurn(`caller ${caller}`, work);
  }

  /** The same for a request that no caller is known of. */
  inTurnOfAddress<T>(address: string, work: () => Promise<T>): Promise<T> {
    return this.#inTurn(`address ${limitKey(address)}`, work);
  }

  #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const places = this.#turns.get(key) ?? new Places(TURNS_AT_A_TIME);
    this.#turns.set(key, places);
    const { promise, resolve } = Promise.withResolvers<T>();
    const turn = async (): Promise<void> => {
      const result = work();
      resolve(result);
      // Work that fails has cost as much.
      await result.catch(() => undefined);
      // Requests that have arrived meanwhile are seen only after that: until then, nobody seems to wait.
      await this.#wait(0);
      if (places.isAwaited) await this.#wait(PAUSE_MS);
    };
    void places.run(turn).finally(() => places.isIdle && this.#turns.delete(key));
    return promise;
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#timers.after(milliseconds, resolve));
  }
}

function refuse(limit: string, most: number, seconds: number): never {
  throw praasError('TOO_MANY_REQUESTS', { limit, most, seconds });
}
