/** Whoever knows how much a project may have. */
export interface QuotaReserver {
  /**
   * Runs `work`, which makes one mapping on the router for each entry of `projects` (null: of no project), while nobody else
   * can take their place. Throws QUOTA_EXCEEDED, before anything is done.
   */
  reserve<T>(
    asked: { readonly router_id: string; readonly projects: readonly (string | null)[] },
    work: () => Promise<T>,
  ): Promise<T>;
}
