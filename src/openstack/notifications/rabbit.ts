/**
 * Notifications from RabbitMQ, by a queue of our own that ends with the connection: other consumers of the services' notifications
 * lose nothing. Nothing is stored or acknowledged, because what is missed without a connection is found by the next sweep.
 */
import { isIP } from 'node:net';
import { type ChannelModel, connect } from 'amqplib';
import { messageOf } from '../../core/errors/message-of.ts';
import { FailureState } from '../../core/failure-state.ts';
import type { Logger } from '../../core/logger.ts';
import type { Timers } from '../../core/timers.ts';
import type { Notifications } from '../../pat/interfaces/notifications.ts';
import { codeOf, failureReason, isUntrusted } from '../../system/http/failure.ts';
import { idsIn } from './message.ts';
import type { Broker, Transport } from './transport-url.ts';

interface RabbitParts {
  readonly transport: Transport;
  /** Certificates of the authorities as PEM; the system's when left out. */
  readonly ca: string | undefined;
  readonly timers: Timers;
  /** Gives a number from 0 to 1, for jitter. */
  readonly random: () => number;
  readonly log: Logger;
}

/** The exchanges on which services publish notifications, by their usual names. */
const EXCHANGES: readonly string[] = ['neutron', 'nova', 'keystone', 'openstack'];
const ROUTING_KEY = 'notifications.#';
const TIMEOUT_MS = 10_000;
const HEARTBEAT_SECONDS = 10;
const RETRY = { firstMs: 500, maxMs: 30_000 } as const;
/** The time until missing exchanges are searched again: a restarted broker has none until a service publishes. */
const MISSING_RETRY_MS = 5000;

export class RabbitNotifications implements Notifications {
  readonly #parts: RabbitParts;
  #onIds: (ids: readonly string[]) => void = () => undefined;
  #onGap: () => void = () => undefined;
  #connection: ChannelModel | undefined;
  readonly #failure = new FailureState('not connected to the message broker yet');
  /** Why a connection gives no notifications. */
  #channelProblem: string | undefined;
  #cancelRetry: () => void = () => undefined;
  #isStopped = false;

  constructor(parts: RabbitParts) {
    this.#parts = parts;
  }

  get lastError(): string | undefined {
    return this.#failure.reason ?? this.#channelProblem;
  }

  start(onIds: (ids: readonly string[]) => void, onGap: () => void): void {
    this.#onIds = onIds;
    this.#onGap = onGap;
    void this.#open();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
  }

  async #open(): Promise<void> {
    const { brokers } = this.#parts.transport;
    const broker = brokers[this.#failure.count % brokers.length] as Broker;
    try {
      const connection = await connect(...this.#addressOf(broker));
      if (this.#isStopped) return void connection.close().catch(() => undefined);
      this.#connection = connection;
      // The close event follows each error.
      connection.on('error', () => undefined);
      connection.on('close', () => this.#lost(broker, 'the connection was closed'));
      await this.#listen(connection);
      this.#parts.log.info('notifications connected', { broker: brokerName(broker) });
      this.#failure.recovered();
    } catch (error) {
      const reason = connectionReason(error, this.#parts.transport);
      const connection = this.#connection;
      if (connection === undefined) this.#lost(broker, reason);
      // A connection that closes emits its close event.
      else await connection.close().catch(() => this.#lost(broker, reason));
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
    const bind = async (exchange: string): Promise<void> =>
      void (await channel.bindQueue(queue, exchange, ROUTING_KEY));
    await this.#bindAll(connection, EXCHANGES, bind);
  }

  /** Never declares an exchange: with other properties than those of the services it would block their publishing. */
  async #bindAll(
    connection: ChannelModel,
    exchanges: readonly string[],
    bind: (exchange: string) => Promise<void>,
  ): Promise<void> {
    const present: string[] = [];
    for (const exchange of exchanges) if (await hasExchange(connection, exchange)) present.push(exchange);
    for (const exchange of present) await bind(exchange);
    const missing = exchanges.filter((exchange) => !present.includes(exchange));
    const hasAny = present.length > 0 || exchanges.length < EXCHANGES.length;
    this.#channelProblem = hasAny ? undefined : `message broker has none of the exchanges ${EXCHANGES.join(', ')}`;
    if (present.length > 0 || missing.length === EXCHANGES.length) this.#onGap();
    if (missing.length === 0) return;
    this.#cancelRetry = this.#parts.timers.after(MISSING_RETRY_MS, () => {
      if (this.#connection === connection) this.#bindAll(connection, missing, bind).catch(() => connection.close());
    });
  }

  #lost(broker: Broker, reason: string): void {
    this.#connection = undefined;
    this.#cancelRetry();
    if (this.#isStopped) return;
    const { timers, random, log } = this.#parts;
    const name = brokerName(broker);
    if (this.#failure.failed(`message broker ${name} unavailable: ${reason}`))
      log.warn('notifications unavailable; using periodic sync', { broker: name, error: reason });
    this.#cancelRetry = timers.after(this.#failure.waitMs({ ...RETRY, random }), () => void this.#open());
  }

  #addressOf({ hostname, port, username, password }: Broker): Parameters<typeof connect> {
    const { transport, ca } = this.#parts;
    const { isTls, vhost } = transport;
    const protocol = isTls ? 'amqps' : 'amqp';
    return [
      { protocol, hostname, port, username, password, vhost, heartbeat: HEARTBEAT_SECONDS },
      // TLS has server names for hosts only, not for addresses (RFC 6066, 3).
      {
        timeout: TIMEOUT_MS,
        ...(isIP(hostname) === 0 && { servername: hostname }),
        ...(ca !== undefined && { ca: [ca] }),
      },
    ];
  }
}

/** Uses a channel of its own: RabbitMQ closes the channel that asks for a missing exchange. */
async function hasExchange(connection: ChannelModel, exchange: string): Promise<boolean> {
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

function brokerName({ hostname, port }: Broker): string {
  return `${hostname}:${port}`;
}

/** What amqplib throws when the broker closes the connection in the step of the handshake that names the virtual host. */
const VHOST_REFUSED = /^Expected ConnectionOpenOk; got <ConnectionClose/;
/** What amqplib throws when the broker closes the connection in the step that authenticates. */
const LOGIN_REFUSED = /^Handshake terminated by server: (\d+ \([A-Z-]+\))/;
const CLOSED = 'Socket closed abruptly during opening handshake';

/** Gives why there is no connection, without credentials. amqplib has no codes for the handshake, only messages. */
function connectionReason(error: unknown, { isTls, vhost }: Transport): string {
  const message = messageOf(error);
  if (VHOST_REFUSED.test(message)) return `virtual host ${vhost} not found, or access to it refused`;
  const [, login] = LOGIN_REFUSED.exec(message) ?? [];
  if (login !== undefined) return `login refused: ${login}`;
  if (message === CLOSED)
    return `the connection was closed during the handshake${isTls ? '' : '; a TLS port requires ssl=1'}`;
  if (isUntrusted(error)) return `${failureReason(error)} (${codeOf(error)}; set ssl_ca_file in the transport URL)`;
  return codeOf(error) === '' ? message : failureReason(error);
}
