/** Whoever can look at security groups, and open them. */
import type { Resolved } from './target.ts';

/** What the security groups of a server do to a mapping. */
export interface GroupLook {
  /** Sentences about what they drop. */
  readonly warnings: readonly string[];
  /** Rules that were added. */
  readonly rule_ids: readonly string[];
  /** Rules that were added for other mappings and let this one's packets in too: they go with the last of them. */
  readonly shared_ids?: readonly string[];
}

/** Whoever can look at security groups, and open them. */
export interface GroupAccess {
  /**
   * Looks whether packets to the target arrive; with `opens` it adds what is missing. A look that fails is a warning;
   * opening throws CLOUD_UNAVAILABLE, CLOUD_REFUSED, FORBIDDEN, and then nothing is added.
   */
  look(mapping_id: string, target: Resolved, opens: boolean): Promise<GroupLook>;
  /** Takes away rules that look added. Never throws; gives a sentence for each that stayed. */
  close(rule_ids: readonly string[]): Promise<readonly string[]>;
}
