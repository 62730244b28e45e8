/** What an import reports of each unmanaged rule. */

/**
 * `imported`: a new mapping replaces the rule. `ours`: a mapping that existed before does the same. `dropped`: the rule matched
 * no packet. The rules of these three are removed; a rule that is `left` stays as it is.
 */
export const IMPORT_RESULTS = ['imported', 'ours', 'dropped', 'left'] as const;
export type ImportResult = (typeof IMPORT_RESULTS)[number];

export interface ImportedRule {
  /** The rule as its tool prints it. */
  readonly rule: string;
  readonly result: ImportResult;
  /** One mapping, or one for each gateway address that the rule matches. */
  readonly mapping_ids: readonly string[];
  /** Why it is dropped or left; else empty. */
  readonly reason: string;
}
