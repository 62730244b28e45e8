/**
 * The MappingStore in files: each router has one record in two files, a snapshot and a journal. Any number of processes read, one
 * writes: the first transaction acquires the lock of the state directory, `close` releases it.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { errnoText } from '../../../core/errors/errno-text.ts';
import { messageOf } from '../../../core/errors/message-of.ts';
import type { Logger } from '../../../core/logger.ts';
import type { MappingStore, StoreTransaction } from '../../../pat/interfaces/store.ts';
import type { RouterRecord } from '../../../pat/mapping/record.ts';
import { DirectoryNames } from '../../../system/directory-names.ts';
import { writeError } from '../../../system/disk.ts';
import type { Exec } from '../../../system/exec.ts';
import { isMissing, makePrivateDirectory, readError } from '../disk.ts';
import { StateLock } from '../lock.ts';
import { temporaryName } from '../names.ts';
import { removeLeftovers } from '../replace-file.ts';
import { Reserve } from '../reserve.ts';
import { requireSafeDirectory } from '../safe-directory.ts';
import type { Migration } from '../versions.ts';
import { type ChangeMarks, readMarks, writeMarks } from './change-marks.ts';
import { lockPath, routerFiles, routerIdsOf, routersDirectory } from './layout.ts';
import { loadBesideWriter } from './load.ts';
import { MIGRATIONS } from './migrations.ts';
import { RouterWriter } from './router-writer.ts';

export interface FileStoreOptions {
  readonly stateDir: string;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly lockTimeoutSeconds: number;
  /** The command that runs, for the message of processes that wait for the lock. */
  readonly command: string;
  /** Told what files have no longer. */
  readonly log: Pick<Logger, 'warn'>;
  readonly migrations?: readonly Migration[];
}

/** A block of most file systems. */
const PROBE_BYTES = 4096;

export class FileStore implements MappingStore {
  readonly #stateDir: string;
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #migrations: readonly Migration[];
  readonly #lock: StateLock;
  readonly #routers: DirectoryNames<readonly string[]>;
  readonly #reserve: Reserve;
  readonly #writers = new Map<string, RouterWriter>();
  /** The acquisition of the lock, once it has started. */
  #acquired: Promise<void> | undefined;
  #marks: ChangeMarks = new Map();

  /** Touches no file. */
  constructor({ stateDir, exec, clock, lockTimeoutSeconds, command, log, migrations = MIGRATIONS }: FileStoreOptions) {
    this.#stateDir = stateDir;
    this.#clock = clock;
    this.#routers = new DirectoryNames(routersDirectory(stateDir), routerIdsOf);
    this.#log = log;
    this.#reserve = new Reserve(join(stateDir, 'reserve'));
    this.#migrations = migrations;
    const path = lockPath(stateDir);
    this.#lock = new StateLock({ path, exec, clock, command, timeoutSeconds: lockTimeoutSeconds });
  }

  /** Throws NOT_PERMITTED, STORE_UNREADABLE. */
  async routers(): Promise<readonly string[]> {
    try {
      return await this.#routers.read();
    } catch (error) {
      if (isMissing(error)) return [];
      throw readError(routersDirectory(this.#stateDir), error);
    }
  }

  /** Acquires the lock now and not at the first transaction. Throws STORE_LOCKED with its holder, and as transaction does. */
  open(): Promise<void> {
    return this.#acquireOnce();
  }

  /** Throws STORE_FULL, STORE_FAILED, NOT_PERMITTED where no change can be written: on a disk that is full or read-only. */
  async checkWritable(): Promise<void> {
    const routers = routersDirectory(this.#stateDir);
    const path = join(routers, temporaryName('probe'));
    try {
      await this.#reserve.fill();
      await writeFile(path, Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
    } catch (error) {
      throw writeError(routers, error);
    } finally {
      await rm(path, { force: true }).catch(() => undefined);
    }
  }

  async read(routerId: string): Promise<RouterRecord> {
    const record = this.#writers.get(routerId)?.record;
    if (record) return record;
    const files = routerFiles(this.#stateDir, routerId);
    return (await loadBesideWriter(files, this.#migrations)).record.view;
  }

  async transaction<T>(routerId: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const writer = this.#writers.get(routerId) ?? this.#writerOf(routerId);
    this.#writers.set(routerId, writer);
    return writer.transaction(() => this.#acquireOnce(), work);
  }

  /** Waits for the running transactions, then releases the lock. A later transaction acquires it again. */
  async close(): Promise<void> {
    const ends = [...this.#writers].map(async ([routerId, writer]) => [routerId, await writer.end()] as const);
    // Without a change there is nothing of a router to remember: callers may name routers that do not exist.
    const isKnown = (end: readonly [string, number | undefined]): end is [string, number] => (end[1] ?? 0) > 0;
    const known = (await Promise.all(ends)).filter(isKnown);
    // Other processes may write from here on, so records in memory are dropped.
    this.#writers.clear();
    const acquired = this.#acquired;
    this.#acquired = undefined;
    if (acquired === undefined) return;
    await acquired;
    if (known.length > 0) await writeMarks(this.#stateDir, new Map([...this.#marks, ...known]));
    await this.#lock.release();
  }

  #writerOf(routerId: string): RouterWriter {
    const files = routerFiles(this.#stateDir, routerId);
    const mark = (): number | undefined => this.#marks.get(routerId);
    return new RouterWriter({
      files,
      migrations: this.#migrations,
      clock: this.#clock,
      log: this.#log,
      reserve: this.#reserve,
      mark,
    });
  }

  #acquireOnce(): Promise<void> {
    this.#acquired ??= this.#acquire().catch((error: unknown) => {
      this.#acquired = undefined;
      throw error;
    });
    return this.#acquired;
  }

  async #acquire(): Promise<void> {
    const routers = routersDirectory(this.#stateDir);
    try {
      await mkdir(dirname(this.#stateDir), { recursive: true });
      await makePrivateDirectory(this.#stateDir);
      await requireSafeDirectory(this.#stateDir);
      await makePrivateDirectory(routers);
    } catch (error) {
      throw writeError(routers, error);
    }
    await this.#lock.acquire();
    await removeLeftovers(routers);
    await this.#reserve.fill().catch((error: unknown) => {
      this.#log.warn('disk reserve missing', { state_dir: this.#stateDir, error: errnoText(error) });
    });
    this.#marks = await readMarks(this.#stateDir).catch((error: unknown) => {
      this.#log.warn('last changes unknown', { error: messageOf(error) });
      return new Map();
    });
  }
}
