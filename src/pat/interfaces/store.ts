/** Where mappings are stored. Adapters implement it and compose/ connects them. */
import type { Delta, RouterRecord } from '../mapping/record.ts';

/** The desired state: one durable record per router. */
export interface MappingStore {
  /** IDs of all routers that have a record, sorted. Needs no lock. */
  routers(): Promise<readonly string[]>;
  /**
   * Gives the last committed record of the router, an empty one when it has none. Needs no lock and may run beside a writer.
   * Throws STORE_DAMAGED (a read never moves or overwrites a file), NOT_PERMITTED.
   */
  read(routerId: string): Promise<RouterRecord>;
  /**
   * Runs `work` as the only writer of this router; other calls for the same router wait. `work` itself rolls back a commit
   * before it throws.
   * Throws STORE_LOCKED when another process holds the state directory, STORE_DAMAGED after setting the file aside.
   */
  transaction<T>(routerId: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T>;
}

export interface StoreTransaction {
  /** The record with all deltas committed or staged so far. */
  readonly record: RouterRecord;
  /**
   * Makes the delta and all staged ones durable (they survive a power failure) before it returns.
   * Throws STORE_FULL, STORE_FAILED: the delta is not stored.
   */
  commit(delta: Delta): Promise<void>;
  /** Writes a delta that a crash may lose until the next commit. Throws as commit does. */
  stage(delta: Delta): Promise<void>;
  /** Takes back everything that this transaction committed and staged. Needs no free disk space. */
  rollback(): Promise<void>;
}
