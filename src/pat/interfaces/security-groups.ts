/** Security groups, as far as they affect mappings: inspecting them, and opening them with rules of praas. */
import type { NewMapping } from '../mapping/mapping.ts';
import type { CloudPort } from './cloud.ts';

/** A mapping with the Neutron port of its server. */
export interface SecuredTarget {
  readonly mapping: Pick<NewMapping, 'protocol' | 'server_port' | 'allowed_cidrs'>;
  /** Undefined when the server address has no port, and without a cloud. */
  readonly port: CloudPort | undefined;
}

/** What the security groups of the server do to the packets of a mapping. */
export interface GroupInspection {
  /** Sentences about the packets that they drop. */
  readonly warnings: readonly string[];
  /** IDs of rules that were created for this mapping. */
  readonly ruleIds: readonly string[];
  /** IDs of rules that were created for other mappings and allow this one's packets too; the last of them deletes them. */
  readonly sharedIds?: readonly string[];
}

export interface SecurityGroupAccess {
  /**
   * Inspects whether packets to the target pass; with `opens` it creates the missing rules. A failed inspection is a warning;
   * opening throws CLOUD_UNAVAILABLE, CLOUD_REFUSED, FORBIDDEN, and then no rule is created.
   */
  inspect(mappingId: string, target: SecuredTarget, opens: boolean): Promise<GroupInspection>;
  /** Deletes rules that `inspect` created. Never throws; gives a warning for each rule that could not be deleted. */
  close(ruleIds: readonly string[]): Promise<readonly string[]>;
}
