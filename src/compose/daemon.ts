/**
 * The life of every daemon: start in order, readiness, reload, stop in reverse order, and the notifications to systemd. It
 * receives everything it handles. However it ends, the lock is released and the log is written.
 */
import { messageOf } from '../core/errors/message-of.ts';
import type { Logger } from '../core/logger.ts';
import type { TlsFiles } from '../server/http/listener.ts';

/** The settings of a daemon, of which some may change while it runs. */
interface Reloadable<C> {
  readonly current: C;
  /** Keys of `next` that differ from the settings in force and take effect only after a restart. */
  fixed(next: C): readonly string[];
  apply(next: C): void;
}

/** A socket of the daemon. */
interface DaemonListener {
  readonly where: string;
  open(): Promise<void>;
  close(graceMs: number): Promise<void>;
  renewTls(tls: TlsFiles): void;
}

/** Works in the background. Parts start in their order and stop in reverse order. */
export interface Part {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The service manager; systemd is one. */
interface Supervisor {
  ready(status: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(): Promise<void>;
}

/** Where the certificate comes from. */
interface TlsSource<C> {
  /** The keys that name its files. A listener speaks TLS or it does not: a change between the two takes effect after a restart. */
  readonly keys: readonly string[];
  /** The certificate and the key; undefined without TLS. Throws TLS_INVALID. */
  readonly read: (config: C) => Promise<TlsFiles | undefined>;
}

interface DaemonParts<C> {
  readonly settings: Reloadable<C>;
  /** Left out by a daemon whose listeners never speak TLS. */
  readonly tls?: TlsSource<C>;
  /** Reads the other files that the configuration names; the result puts them in force. Throws as their readers do. */
  readonly readFiles: (config: C) => Promise<() => void>;
  /** Takes the locks that only one process may hold. Throws STORE_LOCKED. */
  readonly lock: () => Promise<void>;
  /** Built once it is known whether there is TLS. */
  readonly listeners: (tls: TlsFiles | undefined) => readonly DaemonListener[];
  /** What it does beside listening, in one line; may be empty. */
  readonly summary: string;
  /** Logs at the start what the configuration leaves open. */
  readonly logNotices: (hasTls: boolean) => void;
  readonly parts: readonly Part[];
  readonly supervisor: Supervisor;
  readonly log: Logger;
  /** Other processes may have moved the log file; a reload is what they ask for then. */
  readonly reopenLog: () => void;
  readonly version: string;
  /** How long requests may take after the daemon is told to stop. */
  readonly graceMs: number;
  /** Ends child processes, releases the lock, closes the log. */
  readonly close: () => Promise<void>;
}

export class Daemon<C> {
  readonly #parts: DaemonParts<C>;
  #listeners: readonly DaemonListener[] = [];
  #started: Part[] = [];
  #reloading: Promise<void> = Promise.resolve();
  #hasTls = false;
  #isStopping = false;

  constructor(parts: DaemonParts<C>) {
    this.#parts = parts;
  }

  /**
   * Takes the lock, listens, and starts the parts; it runs once this resolves.
   * Throws STORE_LOCKED, LISTEN_FAILED, TLS_INVALID, POLICY_INVALID; `stop` must be called all the same.
   */
  async start(): Promise<void> {
    const { settings, readFiles, lock, listeners, logNotices, parts, supervisor, log, version } = this.#parts;
    const tls = await this.#parts.tls?.read(settings.current);
    const applyFiles = await readFiles(settings.current);
    applyFiles();
    this.#hasTls = tls !== undefined;
    await lock();
    if (this.#isStopping) return;
    this.#listeners = listeners(tls);
    for (const listener of this.#listeners) await listener.open();
    for (const { where } of this.#listeners) log.info('listener started', { address: where, version });
    logNotices(this.#hasTls);
    for (const part of parts) {
      if (this.#isStopping) return;
      this.#started.push(part);
      await part.start();
    }
    if (this.#isStopping) return;
    log.info('ready');
    await supervisor.ready(this.summary);
  }

  /** What it does and where it listens, in one line. */
  get summary(): string {
    const places = `listening on ${this.#listeners.map(({ where }) => where).join(' and ')}`;
    return [this.#parts.summary, places].filter((text) => text !== '').join('; ');
  }

  /** Reads the configuration and its files again. A wrong one is logged, and the old one stays in force. Never rejects. */
  reload(read: () => Promise<C>): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload(read));
    return this.#reloading;
  }

  /** Answers the present requests and closes everything. What the daemon applied outside of itself stays. */
  async stop(): Promise<void> {
    const { log, graceMs, supervisor, close } = this.#parts;
    this.#isStopping = true;
    await supervisor.stopping();
    try {
      if (this.#listeners.length > 0) log.info('stopping');
      await Promise.all(this.#listeners.map((listener) => listener.close(graceMs)));
      for (const part of this.#started.toReversed()) await part.stop();
      if (this.#listeners.length > 0) log.info('stopped');
    } finally {
      await close();
    }
  }

  async #reload(read: () => Promise<C>): Promise<void> {
    const { settings, tls: source, readFiles, supervisor, log, reopenLog } = this.#parts;
    await supervisor.reloading();
    reopenLog();
    try {
      const next = await read();
      const tls = await source?.read(next);
      const applyFiles = await readFiles(next);
      const isSwitched = (tls !== undefined) !== this.#hasTls;
      const fixed = [...settings.fixed(next), ...(isSwitched ? (source?.keys ?? []) : [])];
      if (tls && !isSwitched) for (const listener of this.#listeners) listener.renewTls(tls);
      settings.apply(next);
      applyFiles();
      log.info('configuration reloaded');
      if (fixed.length > 0) log.warn('restart required', { keys: fixed });
    } catch (error) {
      log.warn('configuration reload failed', { error: messageOf(error) });
    }
    await supervisor.ready(this.summary);
  }
}
