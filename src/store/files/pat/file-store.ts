/**
 * The mappings that should be, in files: one router, one record, two files (snapshot and journal). Any number of processes
 * read, one writes: the first transaction takes the lock of the state directory, `close` gives it back.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import type { MappingStore, StoreTransaction } from '../../../pat/interfaces/store.ts';
import type { RouterRecord } from '../../../pat/mapping/record.ts';
import type { Exec } from '../../../system/exec.ts';
import { makePrivateDirectory, writeError } from '../disk.ts';
import { StateLock } from '../lock.ts';
import { removeLeftovers } from '../replace-file.ts';
import type { Migration } from '../versions.ts';
import { listRouters, lockPath, routerFiles, routersDirectory } from './layout.ts';
import { loadBesideWriter } from './load.ts';
import { MIGRATIONS } from './migrations.ts';
import { RouterWriter } from './router-writer.ts';

export interface FileStoreOptions {
  readonly state_dir: string;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly lockTimeoutSeconds: number;
  /** What is being run, for whoever waits for the lock meanwhile. */
  readonly command: string;
  readonly migrations?: readonly Migration[];
}

export class FileStore implements MappingStore {
  readonly #state_dir: string;
  readonly #clock: Clock;
  readonly #migrations: readonly Migration[];
  readonly #lock: StateLock;
  readonly #writers = new Map<string, RouterWriter>();
  #held: Promise<void> | undefined;

  /** Touches no file. */
  constructor({ state_dir, exec, clock, lockTimeoutSeconds, command, migrations = MIGRATIONS }: FileStoreOptions) {
    this.#state_dir = state_dir;
    this.#clock = clock;
    this.#migrations = migrations;
    const path = lockPath(state_dir);
    this.#lock = new StateLock({ path, exec, clock, command, timeoutSeconds: lockTimeoutSeconds });
  }

  routers(): Promise<readonly string[]> {
    return listRouters(this.#state_dir);
  }

  /** Takes the lock now and not at the first transaction. Throws STORE_LOCKED naming the holder, and as transaction does. */
  open(): Promise<void> {
    return this.#hold();
  }

  async read(router_id: string): Promise<RouterRecord> {
    const files = routerFiles(this.#state_dir, router_id);
    return this.#writers.get(router_id)?.peek() ?? (await loadBesideWriter(files, this.#migrations)).record.view;
  }

  async transaction<T>(router_id: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const files = routerFiles(this.#state_dir, router_id);
    const writer = this.#writers.get(router_id) ?? new RouterWriter(files, this.#migrations, this.#clock);
    this.#writers.set(router_id, writer);
    return writer.transaction(() => this.#hold(), work);
  }

  /** Waits for the transactions under way, then lets the next process write. A later transaction takes the lock again. */
  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.idle()));
    // From here on others may write: what is in memory counts no longer.
    this.#writers.clear();
    const held = this.#held;
    this.#held = undefined;
    if (held) await held.then(() => this.#lock.release());
  }

  #hold(): Promise<void> {
    this.#held ??= this.#acquire().catch((error: unknown) => {
      this.#held = undefined;
      throw error;
    });
    return this.#held;
  }

  async #acquire(): Promise<void> {
    const routers = routersDirectory(this.#state_dir);
    try {
      await mkdir(dirname(this.#state_dir), { recursive: true });
      await makePrivateDirectory(this.#state_dir);
      await makePrivateDirectory(routers);
    } catch (error) {
      throw writeError(routers, error);
    }
    await this.#lock.acquire();
    await removeLeftovers(routers);
  }
}
