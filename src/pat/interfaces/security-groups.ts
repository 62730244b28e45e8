/** Whoever can look at security groups, and open them. */
import type { NewMapping } from '../mapping/mapping.ts';
import type { CloudPort } from './cloud.ts';

/** A port that a mapping is to lead to. */
export interface SecuredTarget {
  readonly mapping: Pick<NewMapping, 'protocol' | 'server_port' | 'allowed_cidrs'>;
  /** Undefined where there is none, or no cloud that could know. */
  readonly port: CloudPort | undefined;
}

/** What the security groups of a server do to a mapping. */
export interface GroupCheck {
  /** Sentences about what they drop. */
  readonly warnings: readonly string[];
  /** Rules that were added. */
  readonly ruleIds: readonly string[];
  /** Rules that were added for other mappings and let this one's packets in too: they go with the last of them. */
  readonly sharedIds?: readonly string[];
}

/** Whoever can look at security groups, and open them. */
export interface SecurityGroupAccess {
  /**
   * Looks whether packets to the target arrive; with `opens` it adds what is missing. A look that fails is a warning;
   * opening throws CLOUD_UNAVAILABLE, CLOUD_REFUSED, FORBIDDEN, and then nothing is added.
   */
  inspect(mapping_id: string, target: SecuredTarget, opens: boolean): Promise<GroupCheck>;
  /** Takes away rules that look added. Never throws; gives a sentence for each that stayed. */
  close(ruleIds: readonly string[]): Promise<readonly string[]>;
}
