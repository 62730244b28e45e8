/** Warnings about the state of a router, for its operator. */

/**
 * - BOTH_IPTABLES_VARIANTS: rules of iptables-legacy and of iptables-nft are present.
 * - UNKNOWN_SCOPE_RULE: a rule for address scopes is not one that Neutron is known to write.
 * - REPLIES_DROPPED: Neutron drops the replies of some servers.
 * - TABLE_NOT_READ: a table other than nat cannot be read.
 * - TRANSLATIONS_NOT_SEEN: rules of other programs may translate ports that praas takes for free.
 */
type RouterWarningCode =
  | 'BOTH_IPTABLES_VARIANTS'
  | 'UNKNOWN_SCOPE_RULE'
  | 'REPLIES_DROPPED'
  | 'TABLE_NOT_READ'
  | 'TRANSLATIONS_NOT_SEEN';

export interface RouterWarning {
  readonly code: RouterWarningCode;
  /** Whole sentences. */
  readonly text: string;
}
