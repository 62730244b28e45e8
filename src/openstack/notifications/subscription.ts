/**
 * The queue of one connection and what it is bound to. Bindings are made again in each round: an exchange that is deleted takes them
 * with it, without a word to the queue, and one that a service declares later has none yet. An exchange is never declared here: with
 * other properties than those of the services (amqp_durable_queues) it would block their publishing.
 */
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { withDeadline } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import type { Timers } from '../../core/timers.ts';
import { printable } from '../../core/values/printable.ts';
import { idsIn } from './message.ts';

interface SubscriptionParts {
  readonly connection: ChannelModel;
  /** `notifications` stands for all routing keys that begin with `notifications.`. */
  readonly topics: readonly string[];
  /** The exchanges that the services publish on: one that is missing is said. */
  readonly exchanges: readonly string[];
  /** The exchanges that were ever bound, by this connection or an earlier one. */
  readonly known: Set<string>;
  readonly timers: Timers;
  readonly log: Logger;
  readonly onIds: (ids: readonly string[]) => void;
  /** Notifications may have been missed. */
  readonly onGap: () => void;
  /** No notification will arrive any more. Called once. */
  readonly onEnd: (reason: string) => void;
}

/** Bound where they are, too: not every cloud has them, and the notifications that matter most come from others. */
const OPTIONAL_EXCHANGES: readonly string[] = ['keystone', 'openstack'];
const ROUND_MS = 5000;
const TIMEOUT_MS = 10_000;
/**
 * An exchange that was never there is searched in each second round, then in each fourth: the broker logs each search. One that was
 * there is searched in each round.
 */
const MAX_MISSES = 2;
/** The reply codes of a broker that does not have an exchange, or refuses access to it (AMQP 0-9-1, 1.2). */
const UNBOUND_CODES: readonly unknown[] = [403, 404];

export class Subscription {
  readonly #parts: SubscriptionParts;
  #queue = '';
  #binder: Channel | undefined;
  #round = 0;
  readonly #bound = new Set<string>();
  /** Exchanges that are missing, as was logged: known ones that are gone, and those that have to be there. */
  readonly #lost = new Set<string>();
  /** How often a missing exchange was searched in vain. */
  readonly #misses = new Map<string, number>();
  #cancelRound: () => void = () => undefined;
  #hasEnded = false;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  /** Why notifications do not arrive, or not all; undefined while they do. */
  get problem(): string | undefined {
    if (this.#bound.size === 0) return `message broker has none of the exchanges ${this.#all.join(', ')}`;
    const missing = this.#all.filter(
      (each) => !this.#bound.has(each) && (this.#isRequired(each) || this.#lost.has(each)),
    );
    if (missing.length === 0) return undefined;
    return `exchange ${missing.join(', ')} not found on the message broker, or not allowed (notification_exchanges)`;
  }

  /** Resolves when notifications arrive. Rejects with what amqplib throws. */
  async open(): Promise<void> {
    await this.#inTime(this.#open());
    this.#nextRound();
  }

  /** Ends the rounds. The queue ends with the connection. */
  stop(): void {
    this.#hasEnded = true;
    this.#cancelRound();
  }

  async #open(): Promise<void> {
    const { connection, timers, onGap, log } = this.#parts;
    const channel = await connection.createChannel();
    channel.on('error', (error) => this.#end(`the broker closed the channel: ${printable(messageOf(error))}`));
    // A connection that closes closes its channels first, and has a better reason.
    channel.on('close', () => void timers.after(0, () => this.#end('the channel was closed')));
    const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
    this.#queue = queue;
    await channel.consume(queue, (message) => this.#receive(message), { noAck: true });
    await this.#bindAll();
    if (this.#bound.size === 0) log.warn('notifications unavailable; using periodic sync', { error: this.problem });
    onGap();
  }

  /** A consumer that the broker cancels, because its queue is gone, gets null. */
  #receive(message: ConsumeMessage | null): void {
    if (message === null) return this.#end('the broker cancelled the consumer');
    const ids = idsIn(message.content);
    if (ids.length > 0) this.#parts.onIds(ids);
  }

  #end(reason: string): void {
    if (this.#hasEnded) return;
    this.stop();
    this.#parts.onEnd(reason);
  }

  #nextRound(): void {
    if (this.#hasEnded) return;
    this.#cancelRound = this.#parts.timers.after(ROUND_MS, () => {
      this.#inTime(this.#bindAll()).then(
        (hasNew) => {
          if (hasNew && !this.#hasEnded) this.#parts.onGap();
          this.#nextRound();
        },
        (error: unknown) => this.#end(`the broker refused a binding: ${printable(messageOf(error))}`),
      );
    });
  }

  /** Gives whether an exchange is bound that was not before. */
  async #bindAll(): Promise<boolean> {
    let hasNew = false;
    this.#round += 1;
    for (const exchange of this.#all) {
      const misses = this.#misses.get(exchange) ?? 0;
      if (this.#round % 2 ** misses !== 0) continue;
      if (await this.#bind(exchange)) hasNew = this.#found(exchange) || hasNew;
      else this.#missed(exchange, misses);
    }
    return hasNew;
  }

  #found(exchange: string): boolean {
    this.#misses.delete(exchange);
    this.#parts.known.add(exchange);
    if (this.#lost.delete(exchange)) this.#parts.log.info('notification exchange found again', { exchange });
    const isNew = !this.#bound.has(exchange);
    this.#bound.add(exchange);
    return isNew;
  }

  #missed(exchange: string, misses: number): void {
    this.#bound.delete(exchange);
    const isKnown = this.#parts.known.has(exchange);
    if (!isKnown) this.#misses.set(exchange, Math.min(misses + 1, MAX_MISSES));
    if (this.#lost.has(exchange) || !(isKnown || this.#isRequired(exchange))) return;
    this.#lost.add(exchange);
    this.#parts.log.warn('notification exchange missing; using periodic sync', { exchange });
  }

  get #all(): readonly string[] {
    return [...new Set([...this.#parts.exchanges, ...OPTIONAL_EXCHANGES])];
  }

  #isRequired(exchange: string): boolean {
    return this.#parts.exchanges.includes(exchange);
  }

  /** Uses a channel of its own: RabbitMQ closes the channel that names a missing exchange. */
  async #bind(exchange: string): Promise<boolean> {
    const { connection, topics } = this.#parts;
    try {
      if (this.#binder === undefined) {
        this.#binder = await connection.createChannel();
        this.#binder.on('error', () => undefined);
      }
      for (const topic of topics) await this.#binder.bindQueue(this.#queue, exchange, `${topic}.#`);
      return true;
    } catch (error) {
      this.#binder = undefined;
      if (UNBOUND_CODES.includes((error as { code?: unknown }).code)) return false;
      throw error;
    }
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    const timeout = (): Error => new Error(`the broker did not respond within ${TIMEOUT_MS / 1000} seconds`);
    return withDeadline(this.#parts.timers, TIMEOUT_MS, work, timeout);
  }
}
