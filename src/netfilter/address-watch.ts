import type { Logger } from '../core/logger.ts';
import type { Exec } from '../system/exec.ts';
import type { Follow, Following } from '../system/follow.ts';

const MONITOR = { file: 'ip', args: ['-4', '-o', 'monitor', 'address', 'all-nsid'] };
const LIST = { file: 'ip', args: ['-j', 'netns', 'list'] };
/** Goes on where a namespace has its number already, or has just gone. */
const BATCH = { file: 'ip', args: ['-force', '-batch', '-'] };
/** `[nsid 0]2: eth0    inet 10.8.8.8/24 …`, `[nsid 0]Deleted 2: …`; our own namespace is `[nsid current]`. */
const EVENT = /\[nsid (\d+)\]/;
/** Addresses change in groups: all that happens within this time is told once for each namespace. */
const SETTLE_MS = 50;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

export interface AddressWatchParts {
  readonly follow: Follow;
  readonly exec: Exec;
  readonly log: Logger;
}

/** A number that is no named namespace's is kept without a name. */
type NamesByNumber = ReadonlyMap<number, string | undefined>;

export class AddressWatch {
  readonly #parts: AddressWatchParts;
  /** Undefined: to be read before the next use. */
  #names: Promise<NamesByNumber> | undefined;
  #changed = new Set<number>();
  #settling: NodeJS.Timeout | undefined;
  readonly #unnumbered = new Set<string>();
  #numbering: Promise<void> | undefined;
  #monitor: Following | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #pause: NodeJS.Timeout | undefined;
  #onChange: ((name: string) => void) | undefined;

  constructor(parts: AddressWatchParts) {
    this.#parts = parts;
  }

  /** Begins to tell the names of namespaces in which an address came or went. */
  start(onChange: (name: string) => void): void {
    this.#onChange = onChange;
    this.#listen();
  }

  /**
   * Gives these namespaces a number each; nothing else in them changes. Never rejects. One process at a time: names that
   * come while it runs share the next.
   */
  async number(names: readonly string[]): Promise<void> {
    for (const name of names) this.#unnumbered.add(name);
    if (this.#unnumbered.size > 0) await (this.#numbering ??= this.#numberAll());
  }

  /** A namespace has come or gone, and the numbers with it. */
  forgetNumbers(): void {
    this.#names = undefined;
  }

  async stop(): Promise<void> {
    this.#onChange = undefined;
    clearTimeout(this.#settling);
    clearTimeout(this.#pause);
    this.#unnumbered.clear();
    await Promise.all([this.#monitor?.stop(), this.#numbering, this.#names]);
  }

  #listen(): void {
    this.#monitor = this.#parts.follow(MONITOR, (line) => this.#heard(line));
    void this.#monitor.ended.then((reason) => this.#ended(reason));
  }

  #ended(reason: Error | undefined): void {
    if (this.#onChange === undefined) return;
    const hasWorked = this.#pauseMs === FIRST_PAUSE_MS;
    if (hasWorked) this.#warn('address changes are seen late: `ip monitor` has ended and is started again', reason);
    this.#pause = setTimeout(() => this.#listen(), this.#pauseMs).unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #heard(line: string): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    const number = EVENT.exec(line)?.[1];
    if (number === undefined) return;
    this.#changed.add(Number(number));
    this.#settling ??= setTimeout(() => void this.#tell(), SETTLE_MS).unref();
  }

  async #tell(): Promise<void> {
    const numbers = [...this.#changed];
    this.#changed = new Set();
    this.#settling = undefined;
    let names = await (this.#names ??= this.#readNames(numbers));
    if (numbers.some((number) => !names.has(number))) names = await (this.#names = this.#readNames(numbers));
    for (const name of numbers.flatMap((number) => names.get(number) ?? [])) this.#onChange?.(name);
  }

  /** Gives no name to those asked for that are no named namespace's. When it fails, the next event asks again. */
  async #readNames(asked: readonly number[]): Promise<NamesByNumber> {
    const names = new Map<number, string | undefined>(asked.map((number) => [number, undefined]));
    try {
      const { stdout } = await this.#parts.exec(LIST);
      const listed = JSON.parse(stdout || '[]') as readonly { readonly name: string; readonly id?: number }[];
      for (const { name, id } of listed) if (id !== undefined) names.set(id, name);
    } catch (error) {
      this.forgetNumbers();
      this.#warn('it cannot be found out in which namespace an address has changed', error);
    }
    return names;
  }

  async #numberAll(): Promise<void> {
    while (this.#unnumbered.size > 0) {
      const input = [...this.#unnumbered].map((name) => `netns set ${name} auto\n`).join('');
      this.#unnumbered.clear();
      try {
        await this.#parts.exec({ ...BATCH, input });
      } catch (error) {
        this.#warn('address changes are seen late: namespaces could not be given a number', error);
      }
    }
    this.forgetNumbers();
    this.#numbering = undefined;
  }

  #warn(message: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : 'it said nothing';
    this.#parts.log.warn(message, { reason });
  }
}
