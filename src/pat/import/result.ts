/** What an import reports of each unmanaged rule. */

/**
 * `imported`: a new mapping replaces the rule. `existing`: a mapping that existed before does the same. `deleted`: the rule
 * matched no packet. The rules of these three are removed; a rule that is `kept` stays as it is.
 */
export const IMPORT_RESULTS = ['imported', 'existing', 'deleted', 'kept'] as const;
export type ImportResult = (typeof IMPORT_RESULTS)[number];

export interface ImportedRule {
  /** The rule as its tool prints it. */
  readonly rule: string;
  readonly result: ImportResult;
  /** One mapping, or one for each gateway address that the rule matches. */
  readonly mapping_ids: readonly string[];
  /** Why it is deleted or kept; else empty. */
  readonly reason: string;
  /** Null where it is neither. */
  readonly reason_code: string | null;
}
