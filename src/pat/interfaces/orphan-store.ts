/** Where it is kept for which mappings security group rules have still to be removed. */

/** A mapping that is not stored, or that is being created or deleted: it may have security group rules. */
export interface Orphan {
  readonly mapping_id: string;
  readonly router_id: string;
}

export interface OrphanStore {
  /** Oldest first. Throws STORE_DAMAGED, STORE_TOO_NEW, NOT_PERMITTED, STORE_UNREADABLE. */
  read(): Promise<readonly Orphan[]>;
  /** Replaces them by what `change` gives. Durable when it returns. Throws as read does, and STORE_LOCKED, STORE_FULL, STORE_FAILED. */
  update(change: (before: readonly Orphan[]) => readonly Orphan[]): Promise<void>;
}
