/** Where the quotas that projects have of their own are kept. */
import { OwnQuota } from './quota.ts';

/** The quotas that projects have of their own. */
export interface QuotaStore {
  /** By project. Throws QUOTAS_DAMAGED, STORE_TOO_NEW, NOT_PERMITTED, STORE_UNREADABLE. */
  read(): Promise<ReadonlyMap<string, OwnQuota>>;
  /**
   * Puts what `change` makes of a project's own quota in its place; undefined is none. Durable when it returns.
   * Throws as read does, and STORE_LOCKED, STORE_FULL, STORE_FAILED.
   */
  update(project_id: string, change: (before: OwnQuota | undefined) => OwnQuota | undefined): Promise<void>;
}
