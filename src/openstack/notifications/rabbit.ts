/**
 * Notifications from RabbitMQ, by a queue of our own that ends with the connection: other consumers of the services' notifications
 * lose nothing. Nothing is stored or acknowledged, because what is missed without a connection is found by the next sweep. A
 * connection whose consumer or channel ended gives nothing any more; it is closed, and another one is opened, at the next broker.
 */
import { isIP } from 'node:net';
import { type ChannelModel, connect, credentials } from 'amqplib';
import { FailureState } from '../../core/failure-state.ts';
import type { Logger } from '../../core/logger.ts';
import type { Broker, Transport } from '../../core/settings/transport-url.ts';
import type { Timers } from '../../core/timers.ts';
import type { Notifications } from '../../pat/interfaces/notifications.ts';
import { connectionReason } from './connection-reason.ts';
import { Subscription } from './subscription.ts';

interface RabbitParts {
  readonly transport: Transport;
  /** What the PEM files of the transport contain. */
  readonly pem: PemFiles;
  /** The first parts of the routing keys, such as `notifications`. */
  readonly topics: readonly string[];
  /** The exchanges that have to be there, such as `nova`. */
  readonly exchanges: readonly string[];
  readonly timers: Timers;
  /** Gives a number from 0 to 1, for jitter. */
  readonly random: () => number;
  readonly log: Logger;
}

interface PemFiles {
  /** Certificates of the authorities; the system's when left out. */
  readonly ca?: string | undefined;
  /** The client certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

const TIMEOUT_MS = 10_000;
const HEARTBEAT_SECONDS = 10;
const RETRY = { firstMs: 500, maxMs: 30_000 } as const;
/** A connection that ends sooner counts as one more failure: the wait before the next one grows. */
const STABLE_MS = 30_000;

export class RabbitNotifications implements Notifications {
  readonly #parts: RabbitParts;
  #onIds: (ids: readonly string[]) => void = () => undefined;
  #onGap: () => void = () => undefined;
  #connection: ChannelModel | undefined;
  /** Undefined until notifications arrive. */
  #subscription: Subscription | undefined;
  /** The exchanges that were ever bound. */
  readonly #known = new Set<string>();
  readonly #failure = new FailureState('not connected to the message broker yet');
  #cancelTimer: () => void = () => undefined;
  #isStopped = false;

  constructor(parts: RabbitParts) {
    this.#parts = parts;
  }

  get lastError(): string | undefined {
    return this.#subscription === undefined ? this.#failure.reason : this.#subscription.problem;
  }

  start(onIds: (ids: readonly string[]) => void, onGap: () => void): void {
    this.#onIds = onIds;
    this.#onGap = onGap;
    void this.#open();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    this.#subscription?.stop();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
  }

  async #open(): Promise<void> {
    const { transport, log } = this.#parts;
    const broker = transport.brokers[this.#failure.count % transport.brokers.length] as Broker;
    let connection: ChannelModel | undefined;
    try {
      connection = await connect(...this.#addressOf(broker));
      if (this.#isStopped) return void connection.close().catch(() => undefined);
      await this.#listen(connection, broker);
      log.info('notifications connected', { broker: brokerName(broker) });
    } catch (error) {
      this.#lost(connection, broker, connectionReason(error, transport));
    }
  }

  async #listen(connection: ChannelModel, broker: Broker): Promise<void> {
    const { topics, exchanges, timers, log } = this.#parts;
    this.#connection = connection;
    // The close event follows each error.
    connection.on('error', () => undefined);
    connection.on('close', () => this.#lost(connection, broker, 'the connection was closed'));
    const subscription = new Subscription({
      connection,
      topics,
      exchanges,
      known: this.#known,
      timers,
      log,
      onIds: this.#onIds,
      onGap: this.#onGap,
      onEnd: (reason) => this.#lost(connection, broker, reason),
    });
    await subscription.open();
    if (this.#connection !== connection) return subscription.stop();
    this.#subscription = subscription;
    this.#cancelTimer = timers.after(STABLE_MS, () => this.#failure.recovered());
  }

  /** Takes the connection that ended; undefined for one that was never made. The second reason for the same one is ignored. */
  #lost(connection: ChannelModel | undefined, broker: Broker, reason: string): void {
    if (this.#isStopped || this.#connection !== connection) return;
    this.#connection = undefined;
    this.#subscription?.stop();
    this.#subscription = undefined;
    this.#cancelTimer();
    connection?.close().catch(() => undefined);
    const { timers, random, log } = this.#parts;
    const name = brokerName(broker);
    if (this.#failure.failed(`message broker ${name} unavailable: ${reason}`))
      log.warn('notifications unavailable; using periodic sync', { broker: name, error: reason });
    this.#cancelTimer = timers.after(this.#failure.waitMs({ ...RETRY, random }), () => void this.#open());
  }

  #addressOf({ hostname, port, username, password }: Broker): Parameters<typeof connect> {
    const { tls, vhost, isExternalLogin } = this.#parts.transport;
    const protocol = tls === undefined ? 'amqp' : 'amqps';
    return [
      // amqplib decodes the virtual host.
      {
        protocol,
        hostname,
        port,
        username,
        password,
        vhost: encodeURIComponent(vhost),
        heartbeat: HEARTBEAT_SECONDS,
      },
      {
        timeout: TIMEOUT_MS,
        ...(isExternalLogin && { credentials: credentials.external() }),
        ...this.#tlsOptions(hostname),
      },
    ];
  }

  #tlsOptions(hostname: string): object {
    const { transport, pem } = this.#parts;
    const { tls } = transport;
    if (tls === undefined) return {};
    return {
      // TLS has server names for hosts only, not for addresses (RFC 6066, 3).
      ...(isIP(hostname) === 0 && { servername: hostname }),
      ...(tls.version !== undefined && { minVersion: tls.version, maxVersion: tls.version }),
      ...(!tls.hasHostnameCheck && { checkServerIdentity: () => undefined }),
      ...(pem.ca !== undefined && { ca: [pem.ca] }),
      ...(pem.cert !== undefined && { cert: pem.cert, key: pem.key }),
    };
  }
}

function brokerName({ hostname, port }: Broker): string {
  return `${hostname}:${port}`;
}
