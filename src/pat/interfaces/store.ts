/** The store of mappings. Adapters implement it, compose/ connects them. */
import type { Delta, RouterRecord } from '../mapping/record.ts';

/** The desired state: one durable record per router. */
export interface MappingStore {
  /** Gives the IDs of all routers with a record, sorted. Needs no lock. */
  routers(): Promise<readonly string[]>;
  /**
   * Gives the record of one router as last committed, an empty one when there is none. Needs no lock and may run beside a writer.
   * Throws STORE_DAMAGED (nothing is moved or overwritten by a read), NOT_PERMITTED.
   */
  read(router_id: string): Promise<RouterRecord>;
  /**
   * Runs `work` as the only writer of this router; other calls for the same router are queued. When `work` throws after a commit, the
   * caller has to roll back first.
   * Throws STORE_LOCKED when another process holds the state directory, STORE_DAMAGED after moving the file aside.
   */
  transaction<T>(router_id: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T>;
}

export interface StoreTransaction {
  /** The record with everything committed or written so far. */
  readonly record: RouterRecord;
  /**
   * Writes a delta and makes it and all earlier ones durable: they survive a power cut once this returns.
   * Throws STORE_FULL, STORE_FAILED: then the delta is not in the record.
   */
  commit(delta: Delta): Promise<void>;
  /** Writes a delta that a power cut may lose until the next commit. Throws as commit does. */
  write(delta: Delta): Promise<void>;
  /** Takes back everything that this transaction committed and wrote. Needs no free disk space. */
  rollback(): Promise<void>;
}
