/**
 * Addresses that are added or deleted in network namespaces: one `ip monitor` for all of them. The kernel reports a change only
 * from a namespace that has an ID (netnsid) here, so each namespace to watch is given one.
 */
import { backoff } from '../core/backoff.ts';
import { messageOf } from '../core/errors/message-of.ts';
import type { Logger } from '../core/logger.ts';
import type { Exec } from '../system/exec.ts';
import type { Follow, Following } from '../system/follow.ts';

const MONITOR = { file: 'ip', args: ['-4', '-o', 'monitor', 'address', 'all-nsid'] };
const LIST = { file: 'ip', args: ['-j', 'netns', 'list'] };
/** With -force, a namespace that already has an ID, or has just been deleted, does not end the batch. */
const BATCH = { file: 'ip', args: ['-force', '-batch', '-'] };
/** `[nsid 0]2: eth0    inet 10.8.8.8/24 …`, `[nsid 0]Deleted 2: …`; for the namespace of praas `[nsid current]`. */
const EVENT = /\[nsid (\d+)\]/;
/** Addresses change in groups: a namespace is reported once for all changes within this time. */
const DEBOUNCE_MS = 50;
const RESTART = { firstMs: 1000, maxMs: 30_000 };

export interface AddressWatchParts {
  readonly follow: Follow;
  readonly exec: Exec;
  readonly log: Logger;
}

/** An ID that belongs to no named namespace has no name. */
type NamesById = ReadonlyMap<number, string | undefined>;

export class AddressWatch {
  readonly #parts: AddressWatchParts;
  /** Undefined: to be read before the next use. */
  #names: Promise<NamesById> | undefined;
  #changed = new Set<number>();
  #debounce: NodeJS.Timeout | undefined;
  readonly #withoutId = new Set<string>();
  #assigning: Promise<void> | undefined;
  #monitor: Following | undefined;
  /** How often `ip monitor` has ended since it last reported something. */
  #failures = 0;
  #restart: NodeJS.Timeout | undefined;
  #onChange: ((name: string) => void) | undefined;

  constructor(parts: AddressWatchParts) {
    this.#parts = parts;
  }

  /** Begins to give the names of namespaces in which an address was added or deleted. */
  start(onChange: (name: string) => void): void {
    this.#onChange = onChange;
    this.#startMonitor();
  }

  /**
   * Gives each of these namespaces an ID; nothing else in them changes. Never rejects. One process runs at a time: names that
   * are added meanwhile share the next one.
   */
  async assignIds(names: readonly string[]): Promise<void> {
    for (const name of names) this.#withoutId.add(name);
    if (this.#withoutId.size > 0) await (this.#assigning ??= this.#assignAll());
  }

  /** To be called when a namespace was added or deleted, because IDs have changed then. */
  forgetIds(): void {
    this.#names = undefined;
  }

  /** Ends `ip monitor`. Resolves when it has ended; nothing is reported from then on. */
  async stop(): Promise<void> {
    this.#onChange = undefined;
    clearTimeout(this.#debounce);
    clearTimeout(this.#restart);
    this.#withoutId.clear();
    await Promise.all([this.#monitor?.stop(), this.#assigning, this.#names]);
  }

  #startMonitor(): void {
    this.#monitor = this.#parts.follow(MONITOR, (line) => this.#onLine(line));
    void this.#monitor.ended.then((error) => this.#onEnd(error));
  }

  #onEnd(error: Error | undefined): void {
    if (this.#onChange === undefined) return;
    if (this.#failures === 0)
      this.#parts.log.warn('address monitor ended; restarting', { error: messageOf(error ?? 'exit code 0') });
    this.#failures += 1;
    this.#restart = setTimeout(() => this.#startMonitor(), backoff(this.#failures, RESTART)).unref();
  }

  #onLine(line: string): void {
    this.#failures = 0;
    const id = EVENT.exec(line)?.[1];
    if (id === undefined) return;
    this.#changed.add(Number(id));
    this.#debounce ??= setTimeout(() => void this.#report(), DEBOUNCE_MS).unref();
  }

  async #report(): Promise<void> {
    const ids = [...this.#changed];
    this.#changed = new Set();
    this.#debounce = undefined;
    let names = await (this.#names ??= this.#readNames(ids));
    if (ids.some((id) => !names.has(id))) names = await (this.#names = this.#readNames(ids));
    for (const name of ids.flatMap((id) => names.get(id) ?? [])) this.#onChange?.(name);
  }

  /** An ID in `asked` that belongs to no named namespace gets no name. After a failure the next event reads again. */
  async #readNames(asked: readonly number[]): Promise<NamesById> {
    const names = new Map<number, string | undefined>(asked.map((id) => [id, undefined]));
    try {
      const { stdout } = await this.#parts.exec(LIST);
      const listed = JSON.parse(stdout || '[]') as readonly { readonly name: string; readonly id?: number }[];
      for (const { name, id } of listed) if (id !== undefined) names.set(id, name);
    } catch (error) {
      this.forgetIds();
      // Address changes wait for the next periodic reconcile.
      this.#parts.log.warn('namespace IDs unavailable', {
        error: messageOf(error),
      });
    }
    return names;
  }

  async #assignAll(): Promise<void> {
    while (this.#withoutId.size > 0) {
      const input = [...this.#withoutId].map((name) => `netns set ${name} auto\n`).join('');
      this.#withoutId.clear();
      try {
        await this.#parts.exec({ ...BATCH, input });
      } catch (error) {
        this.#parts.log.warn('namespace ID assignment failed', {
          error: messageOf(error),
        });
      }
    }
    this.forgetIds();
    this.#assigning = undefined;
  }
}
