/**
 * Namespaces that come and go: a watch (inotify) of the directory in which they have their names. The directory may not be
 * there yet, and may go and come back. An event only says which name to look at; what is there then is what counts.
 * Costs one inotify watch and no process, however many namespaces there are.
 */
import { existsSync, type FSWatcher, readdirSync, statfsSync, statSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Logger } from '../core/logger.ts';

/** Told of a name when a namespace has got it, and when it has gone. A namespace made anew has gone first. */
export type NamespaceChange = (name: string, isThere: boolean) => void;

/** statfs's type of what is mounted on a namespace's name; the name itself is an ordinary file, made a moment before. */
const NSFS = 0x6e_73_66_73;
/** What happens to a name within this time is one change. */
const SETTLE_MS = 5;
/** Nothing tells of the mount: a bare file is looked at again after pauses that double up to this one, then left alone. */
const LONGEST_PAUSE_MS = 5000;
/** The kernel's limit of watches may be used up by others. */
const RETRY_MS = 10_000;

export class NamespaceWatch {
  readonly #directory: string;
  readonly #log: Logger;
  /** The namespaces that were told or were there at the start, by name. */
  readonly #known = new Map<string, string>();
  readonly #checks = new Map<string, NodeJS.Timeout>();
  #onChange: NamespaceChange = () => undefined;
  #watcher: FSWatcher | undefined;
  /** What is watched: the directory, or its nearest ancestor that is there. */
  #place = '';
  #retry: NodeJS.Timeout | undefined;

  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  /** The namespaces that are there. */
  get names(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** Begins; what is there already is known and not told. */
  start(onChange: NamespaceChange): void {
    this.#attach();
    this.#onChange = onChange;
  }

  stop(): void {
    this.#watcher?.close();
    clearTimeout(this.#retry);
    for (const timer of this.#checks.values()) clearTimeout(timer);
    this.#checks.clear();
    this.#onChange = () => undefined;
  }

  #attach(): void {
    this.#watcher?.close();
    clearTimeout(this.#retry);
    this.#place = nearestExisting(this.#directory);
    const failure = this.#watch();
    if (this.#place !== nearestExisting(this.#directory)) {
      this.#attach();
      return;
    }
    if (failure === undefined) this.#retry = undefined;
    else this.#attachLater(failure);
    // What came or went while nothing watched.
    this.#compare();
  }

  #watch(): unknown {
    try {
      this.#watcher = watch(this.#place, { persistent: false }, (event, name) => {
        if (event === 'rename') this.#heard(name);
      });
      this.#watcher.on('error', (error) => this.#attachLater(error));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #attachLater(failure: unknown): void {
    const reason = failure instanceof Error ? failure.message : String(failure);
    const message = 'namespaces that come and go are seen late: their directory cannot be watched';
    if (this.#retry === undefined) this.#log.warn(message, { directory: this.#directory, reason });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#attach(), RETRY_MS).unref();
  }

  /** Something in the watched place was made, removed or renamed; what is watched tells of itself under its own name. */
  #heard(name: string | null): void {
    const isItself = name === null || name === basename(this.#place);
    if (isItself || this.#place !== nearestExisting(this.#directory)) this.#attach();
    else if (this.#place === this.#directory) this.#checkLater(name, SETTLE_MS);
  }

  #compare(): void {
    for (const name of new Set([...this.names, ...namesIn(this.#directory)])) this.#check(name, SETTLE_MS);
  }

  #checkLater(name: string, milliseconds: number): void {
    clearTimeout(this.#checks.get(name));
    const check = (): void => this.#check(name, milliseconds);
    this.#checks.set(name, setTimeout(check, milliseconds).unref());
  }

  #check(name: string, pauseMs: number): void {
    this.#checks.delete(name);
    const path = join(this.#directory, name);
    const before = this.#known.get(name);
    const now = identityOf(path);
    // Already told: it was found before its event came.
    if (before === now && now !== undefined) return;
    if (this.#known.delete(name)) this.#onChange(name, false);
    if (now !== undefined) {
      this.#known.set(name, now);
      this.#onChange(name, true);
    } else if (pauseMs < LONGEST_PAUSE_MS && existsSync(path)) {
      this.#checkLater(name, pauseMs * 2);
    }
  }
}

/**
 * Tells one namespace from the next of the same name; undefined where there is none (yet). The kernel uses an inode number
 * again as soon as it is free, so the time from which it is in use goes with it.
 */
function identityOf(path: string): string | undefined {
  try {
    if (statfsSync(path).type !== NSFS) return undefined;
    const { ino, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${ctimeNs}`;
  } catch {
    return undefined;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestExisting(dirname(path));
}
