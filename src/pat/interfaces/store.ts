/** Where mappings are kept. Adapters implement it, compose/ joins them. */
import type { Delta, RouterRecord } from '../mapping/record.ts';

/** What should be: one durable record per router. */
export interface MappingStore {
  /** Ids of all routers with a record, sorted. Needs no lock. */
  routers(): Promise<readonly string[]>;
  /**
   * The record of one router as last committed, empty when there is none. Needs no lock and may run beside a writer.
   * Throws STORE_DAMAGED (nothing is moved or overwritten by a read), NOT_PERMITTED.
   */
  read(router_id: string): Promise<RouterRecord>;
  /**
   * Runs `work` as the only writer of this router; other calls for the same router wait in line. When `work` throws
   * after a commit, that is the caller's to roll back first.
   * Throws STORE_LOCKED when another process keeps the state directory, STORE_DAMAGED after setting the file aside.
   */
  transaction<T>(router_id: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T>;
}

export interface StoreTransaction {
  /** The record with everything committed or noted so far. */
  readonly record: RouterRecord;
  /**
   * Makes the delta and everything noted before it durable (it survives a power cut) before it returns.
   * Throws STORE_FULL, STORE_FAILED: the delta is not there.
   */
  commit(delta: Delta): Promise<void>;
  /** Writes a delta that may be lost in a crash until the next commit. Throws as commit does. */
  note(delta: Delta): Promise<void>;
  /** Takes back everything that this transaction committed and noted. Needs no free disk space. */
  rollback(): Promise<void>;
}
