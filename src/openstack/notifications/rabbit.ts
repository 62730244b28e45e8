/**
 * Events from RabbitMQ, by a queue of our own that goes with the connection: whoever else reads the services' notifications
 * loses nothing. What is missed while there is no connection is made up for by a sweep, so nothing is kept or acknowledged.
 */

import { isIP } from 'node:net';
import { type ChannelModel, connect } from 'amqplib';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import type { Notifications } from '../../pat/interfaces/notifications.ts';
import { idsIn } from './message.ts';
import type { Broker, Transport } from './transport-url.ts';

export interface RabbitParts {
  readonly transport: Transport;
  /** PEM of the authorities; the system's when left out. */
  readonly ca: string | undefined;
  /** Runs `work` once, in that many milliseconds. Gives what calls it off. */
  readonly after: (milliseconds: number, work: () => void) => () => void;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
}

/** The exchanges on which services announce what happened, by their usual names. */
const EXCHANGES: readonly string[] = ['neutron', 'nova', 'keystone', 'openstack'];
const KEY = 'notifications.#';
const TIMEOUT_MS = 10_000;
const HEARTBEAT_SECONDS = 10;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** How often exchanges are looked for that were not there: a broker that was restarted has none until they are used. */
const MISSING_RETRY_MS = 5000;

export class RabbitNotifications implements Notifications {
  readonly #parts: RabbitParts;
  #onIds: (ids: readonly string[]) => void = () => undefined;
  #onGap: () => void = () => undefined;
  #connection: ChannelModel | undefined;
  #trouble: string | undefined = 'there is no connection to the message broker yet';
  #failures = 0;
  #callOff: () => void = () => undefined;
  #isStopped = false;

  constructor(parts: RabbitParts) {
    this.#parts = parts;
  }

  get lastError(): string | undefined {
    return this.#trouble;
  }

  start(onIds: (ids: readonly string[]) => void, onGap: () => void): void {
    this.#onIds = onIds;
    this.#onGap = onGap;
    void this.#open();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#callOff();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
  }

  async #open(): Promise<void> {
    const { brokers } = this.#parts.transport;
    const broker = brokers[this.#failures % brokers.length] as Broker;
    try {
      const connection = await connect(...this.#address(broker));
      if (this.#isStopped) return void connection.close().catch(() => undefined);
      this.#connection = connection;
      // An error is followed by the end of the connection, which is heard there.
      connection.on('error', () => undefined);
      connection.on('close', () => this.#lost(broker, 'the connection was closed'));
      await this.#listen(connection);
      this.#parts.log.info('hears what happens in OpenStack', { broker: nameOf(broker) });
      this.#failures = 0;
    } catch (error) {
      const connection = this.#connection;
      if (connection === undefined) this.#lost(broker, reasonOf(error));
      // Its end is heard there.
      else await connection.close().catch(() => this.#lost(broker, reasonOf(error)));
    }
  }

  async #listen(connection: ChannelModel): Promise<void> {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
    await channel.consume(
      queue,
      (message) => {
        const ids = message === null ? [] : idsIn(message.content);
        if (ids.length > 0) this.#onIds(ids);
      },
      { noAck: true },
    );
    const bind = async (exchange: string): Promise<void> => void (await channel.bindQueue(queue, exchange, KEY));
    await this.#bind(connection, EXCHANGES, bind);
  }

  /** Never declares an exchange: one with other properties than the services give it would shut them out. */
  async #bind(
    connection: ChannelModel,
    exchanges: readonly string[],
    bind: (exchange: string) => Promise<void>,
  ): Promise<void> {
    const present: string[] = [];
    for (const exchange of exchanges) if (await isThere(connection, exchange)) present.push(exchange);
    for (const exchange of present) await bind(exchange);
    const missing = exchanges.filter((exchange) => !present.includes(exchange));
    const hasAny = present.length > 0 || exchanges.length < EXCHANGES.length;
    this.#trouble = hasAny ? undefined : `the message broker has no exchange ${EXCHANGES.join(', ')}`;
    if (present.length > 0 || missing.length === EXCHANGES.length) this.#onGap();
    if (missing.length === 0) return;
    this.#callOff = this.#parts.after(MISSING_RETRY_MS, () => {
      if (this.#connection === connection) this.#bind(connection, missing, bind).catch(() => connection.close());
    });
  }

  #lost(broker: Broker, reason: string): void {
    this.#connection = undefined;
    this.#callOff();
    if (this.#isStopped) return;
    const { after, random, log } = this.#parts;
    const trouble = `the message broker ${nameOf(broker)} cannot be heard: ${reason}`;
    if (trouble !== this.#trouble) log.warn('events of OpenStack do not come; sweeps go on', { reason: trouble });
    this.#trouble = trouble;
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures) * (0.5 + random());
    this.#failures += 1;
    this.#callOff = after(waitMs, () => void this.#open());
  }

  #address({ hostname, port, username, password }: Broker): Parameters<typeof connect> {
    const { transport, ca } = this.#parts;
    const { tls, vhost } = transport;
    const protocol = tls ? 'amqps' : 'amqp';
    return [
      { protocol, hostname, port, username, password, vhost, heartbeat: HEARTBEAT_SECONDS },
      // TLS has names for hosts, none for addresses (RFC 6066, 3).
      {
        timeout: TIMEOUT_MS,
        ...(isIP(hostname) === 0 && { servername: hostname }),
        ...(ca !== undefined && { ca: [ca] }),
      },
    ];
  }
}

/** By a channel of its own: asking for what is not there ends it. */
async function isThere(connection: ChannelModel, exchange: string): Promise<boolean> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    await channel.checkExchange(exchange);
    await channel.close();
    return true;
  } catch (error) {
    if ((error as { code?: number }).code === 404) return false;
    throw error;
  }
}

function nameOf({ hostname, port }: Broker): string {
  return `${hostname}:${port}`;
}

/** amqplib's sentences name no credentials. */
function reasonOf(error: unknown): string {
  return messageOf(error);
}
