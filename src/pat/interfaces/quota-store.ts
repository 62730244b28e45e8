/** Where the quotas of projects are kept. */

/** The quota that an operator has set for one project. A limit that is left out has its default. */
export interface OwnQuota {
  readonly mappings?: number;
  /** Mappings on one router. */
  readonly ports_per_router?: number;
}

/** The quotas that operators have set. */
export interface QuotaStore {
  /** Gives them by project. Throws QUOTAS_DAMAGED, STORE_TOO_NEW, NOT_PERMITTED, STORE_UNREADABLE. */
  read(): Promise<ReadonlyMap<string, OwnQuota>>;
  /**
   * Replaces the quota of a project by what `change` gives; undefined removes it. Durable when it returns.
   * Throws as read does, and STORE_LOCKED, STORE_FULL, STORE_FAILED.
   */
  update(projectId: string, change: (before: OwnQuota | undefined) => OwnQuota | undefined): Promise<void>;
}
