/** Keeps projects within their quotas. */
export interface QuotaReserver {
  /**
   * Reserves quota for one new mapping on the router per entry of `projects` (null: a mapping without a project), runs `work`,
   * which creates them, and ends the reservation. Throws QUOTA_EXCEEDED before `work` starts, and as `work` does.
   */
  reserve<T>(
    request: { readonly router_id: string; readonly projects: readonly (string | null)[] },
    work: () => Promise<T>,
  ): Promise<T>;
}
