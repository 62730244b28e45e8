/**
 * Namespaces that are added or deleted: an inotify watch on the directory of their names. The directory may not exist yet, and may
 * be deleted and made again. An event only gives the name to check; what is found there counts. It takes one inotify watch and
 * no process, however many namespaces there are.
 */
import { existsSync, type FSWatcher, readdirSync, statfsSync, statSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { backoff } from '../core/backoff.ts';
import { errnoText } from '../core/errors/errno-text.ts';
import type { Logger } from '../core/logger.ts';

/** Called with a name when a namespace was added or deleted. One that was replaced is first deleted, then added. */
type NamespaceChange = (name: string, isPresent: boolean) => void;

/** The file system type (statfs) of a mounted namespace. The name itself is a regular file, made just before the mount. */
const NSFS = 0x6e_73_66_73;
/**
 * The first pause joins events of one name. A mount causes no event, so a regular file is checked again after pauses that double,
 * and no more after the longest one.
 */
const RECHECK = { firstMs: 5, maxMs: 5000 };
/** The kernel limits inotify watches, and other programs may use them all. */
const RETRY_MS = 10_000;

export class NamespaceWatch {
  readonly #directory: string;
  readonly #log: Logger;
  /** The namespaces that were reported or existed at the start: by name, their identity. */
  readonly #known = new Map<string, string>();
  readonly #checks = new Map<string, NodeJS.Timeout>();
  #onChange: NamespaceChange = () => undefined;
  #watcher: FSWatcher | undefined;
  /** The directory, or its nearest ancestor that exists. */
  #watchedPath = '';
  #retry: NodeJS.Timeout | undefined;

  /** `directory` is where `ip netns` keeps its names. */
  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  /** The names of the present namespaces. */
  get names(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** Begins to watch. Namespaces that are present already are known and not reported. */
  start(onChange: NamespaceChange): void {
    this.#attach();
    this.#onChange = onChange;
  }

  /** Ends the watch; nothing is reported from then on. */
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
    this.#watchedPath = nearestExisting(this.#directory);
    const failure = this.#watch();
    if (this.#watchedPath !== nearestExisting(this.#directory)) {
      this.#attach();
      return;
    }
    if (failure === undefined) this.#retry = undefined;
    else this.#attachLater(failure);
    // Finds what was added or deleted while there was no watch.
    this.#checkAll();
  }

  #watch(): unknown {
    try {
      this.#watcher = watch(this.#watchedPath, { persistent: false }, (event, name) => {
        if (event === 'rename') this.#onRename(name);
      });
      this.#watcher.on('error', (error) => this.#attachLater(error));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #attachLater(failure: unknown): void {
    // Until it works again, changes wait for the next periodic reconcile.
    if (this.#retry === undefined) {
      this.#log.warn('namespace watch failed', {
        directory: this.#directory,
        error: errnoText(failure),
      });
    }
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#attach(), RETRY_MS).unref();
  }

  /** A name in the watched path was made, deleted or renamed; for the watched path itself, inotify gives its own name. */
  #onRename(name: string | null): void {
    const isItself = name === null || name === basename(this.#watchedPath);
    if (isItself || this.#watchedPath !== nearestExisting(this.#directory)) this.#attach();
    else if (this.#watchedPath === this.#directory) this.#checkLater(name, 1);
  }

  #checkAll(): void {
    for (const name of new Set([...this.names, ...namesIn(this.#directory)])) this.#check(name, 1);
  }

  #checkLater(name: string, attempt: number): void {
    clearTimeout(this.#checks.get(name));
    const check = (): void => this.#check(name, attempt);
    this.#checks.set(name, setTimeout(check, backoff(attempt, RECHECK)).unref());
  }

  #check(name: string, attempt: number): void {
    this.#checks.delete(name);
    const path = join(this.#directory, name);
    const before = this.#known.get(name);
    const now = identityOf(path);
    // Reported already, because it was found before its event came.
    if (before === now && now !== undefined) return;
    if (this.#known.delete(name)) this.#onChange(name, false);
    if (now !== undefined) {
      this.#known.set(name, now);
      this.#onChange(name, true);
    } else if (backoff(attempt, RECHECK) < RECHECK.maxMs && existsSync(path)) {
      this.#checkLater(name, attempt + 1);
    }
  }
}

/**
 * Distinguishes a namespace from the next one of the same name; undefined where none is mounted. The kernel reuses an inode
 * number as soon as it is free, so the time since which it is in use is a part of the identity.
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
