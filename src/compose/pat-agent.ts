import { messageOf } from '../core/errors/message-of.ts';
import type { Logger } from '../core/logger.ts';
import type { TlsFiles } from '../server/http/listener.ts';

/** What of the configuration may change while the daemon runs, and what is kept from the start. */
export interface Reloadable<C> {
  readonly current: C;
  /** Keys that differ from the configuration in force and count only after a restart. */
  fixed(next: C): readonly string[];
  take(next: C): void;
}

interface Opened {
  readonly where: string;
  open(): Promise<void>;
  close(grace_ms: number): Promise<void>;
  renewTls(tls: TlsFiles): void;
}

export interface PatAgentParts<C> {
  readonly settings: Reloadable<C>;
  /** The certificate and the key; undefined without TLS. Throws TLS_INVALID. */
  readonly readTls: (config: C) => Promise<TlsFiles | undefined>;
  /** Reads who may do what, and gives what puts that in force. Throws POLICY_INVALID. */
  readonly readPolicy: (config: C) => Promise<() => void>;
  /** Takes the state directory's lock. */
  readonly lock: () => Promise<void>;
  /** Made when it is known whether there is TLS. */
  readonly listeners: (tls: TlsFiles | undefined) => readonly Opened[];
  /** Said at the start, after the places where it listens. */
  readonly notices: (has_tls: boolean) => readonly string[];
  readonly watch: { start(): Promise<void>; stop(): Promise<void> };
  readonly controller: { start(): Promise<void>; stop(): Promise<void> };
  readonly log: Logger;
  readonly version: string;
  /** How long requests under way may take once the daemon is to stop. */
  readonly grace_ms: number;
  /** Ends programs that still run, gives the lock back, finishes the log. */
  readonly close: () => Promise<void>;
}

export class PatAgent<C> {
  readonly #parts: PatAgentParts<C>;
  #listeners: readonly Opened[] = [];
  #reloading: Promise<void> = Promise.resolve();
  #has_tls = false;
  #is_stopping = false;

  constructor(parts: PatAgentParts<C>) {
    this.#parts = parts;
  }

  /**
   * Takes the lock, listens, and begins to look after every router; goes on doing so when this resolves.
   * Throws STORE_LOCKED, LISTEN_FAILED, TLS_INVALID, POLICY_INVALID; `stop` is to be called all the same.
   */
  async start(): Promise<void> {
    const { settings, readTls, readPolicy, lock, listeners, notices, watch, controller, log, version } = this.#parts;
    const tls = await readTls(settings.current);
    const takePolicy = await readPolicy(settings.current);
    takePolicy();
    this.#has_tls = tls !== undefined;
    await lock();
    if (this.#is_stopping) return;
    this.#listeners = listeners(tls);
    for (const listener of this.#listeners) await listener.open();
    for (const { where } of this.#listeners) log.info(`listening on ${where}`, { version });
    for (const notice of notices(tls !== undefined)) log.warn(notice);
    await watch.start();
    await controller.start();
    if (!this.#is_stopping) log.info('ready: every router has been looked after');
  }

  /** Where it listens, in one line. */
  get summary(): string {
    return `listening on ${this.#listeners.map(({ where }) => where).join(' and ')}`;
  }

  /** Reads the configuration and the policy again. A wrong one is reported and the old one stays. Never rejects. */
  reload(read: () => Promise<C>): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload(read));
    return this.#reloading;
  }

  /** Answers the requests under way and lets go of everything. Rules and connections stay. */
  async stop(): Promise<void> {
    const { watch, controller, log, grace_ms, close } = this.#parts;
    this.#is_stopping = true;
    try {
      if (this.#listeners.length > 0) log.info('stopping: requests under way end, rules and connections stay');
      await Promise.all(this.#listeners.map((listener) => listener.close(grace_ms)));
      await watch.stop();
      await controller.stop();
      if (this.#listeners.length > 0) log.info('stopped');
    } finally {
      await close();
    }
  }

  async #reload(read: () => Promise<C>): Promise<void> {
    const { settings, readTls, readPolicy, log } = this.#parts;
    try {
      const next = await read();
      const tls = await readTls(next);
      const takePolicy = await readPolicy(next);
      // A listener speaks TLS or it does not.
      const is_switched = (tls !== undefined) !== this.#has_tls;
      const fixed = [...settings.fixed(next), ...(is_switched ? ['tls_cert', 'tls_key'] : [])];
      if (tls && !is_switched) for (const listener of this.#listeners) listener.renewTls(tls);
      settings.take(next);
      takePolicy();
      log.info('the configuration was read again');
      if (fixed.length > 0) log.warn('some settings count only after a restart', { keys: fixed });
    } catch (error) {
      const reason = messageOf(error);
      log.warn('the configuration was not taken, the old one stays', { reason });
    }
  }
}
