/** Security groups, as far as they affect mappings: inspecting them, and opening them with rules that follow their mapping. */
import type { PraasError } from '../errors.ts';
import type { Mapping, NewMapping } from '../mapping/mapping.ts';
import type { CloudPort, SecurityGroupRule } from './cloud.ts';

/** A mapping with the Neutron port of its server. */
export interface SecuredTarget {
  readonly mapping: Pick<NewMapping, 'protocol' | 'server_port' | 'allowed_cidrs'>;
  /** Undefined when the server address has no port, and without a cloud. */
  readonly port: CloudPort | undefined;
}

/** A mapping whose rules should be as it is now. */
export interface FollowedMapping {
  readonly id: string;
  /** Undefined after its deletion. */
  readonly mapping: Mapping | undefined;
}

/** What became of the rules of one mapping. */
export interface FollowResult {
  readonly id: string;
  /** IDs of the rules that it has now; as far as known, when there is an error. */
  readonly ruleIds: readonly string[];
  /** Rules that were deleted. Another mapping may have depended on them, because Neutron stores no equal rule twice. */
  readonly removed: readonly SecurityGroupRule[];
  /** Why the rules are not as they should be. */
  readonly failure: PraasError | undefined;
}

export interface SecurityGroupAccess {
  /** Gives sentences about the packets to the target that the groups drop. A failed inspection is a sentence, too. */
  inspect(target: SecuredTarget): Promise<readonly string[]>;
  /** As `inspect`, of a mapping that exists. */
  inspectMapping(mapping: Mapping): Promise<readonly string[]>;
  /**
   * Creates the rules that a new mapping needs, and gives the IDs of those that are its own.
   * Throws CLOUD_UNAVAILABLE, CLOUD_REFUSED, NO_OWN_SECURITY_GROUP; then some of the rules may exist.
   */
  open(mappingId: string, target: SecuredTarget): Promise<readonly string[]>;
  /** Makes the rules of each mapping what it needs now: none, while it publishes nothing. Never throws errors of the catalogue. */
  follow(mappings: readonly FollowedMapping[]): Promise<readonly FollowResult[]>;
}
