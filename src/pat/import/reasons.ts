/** Why the import keeps an unmanaged rule as it is, or deletes it without a mapping: a code with facts. The sentence is made last. Pure. */
import { type ErrorFacts, PAT_ERRORS } from '../errors.ts';
import type { NotExpressible } from '../plan/unmanaged-rules.ts';

export type ImportReason =
  | NotExpressible
  | { readonly code: 'NO_GATEWAY_ADDRESS' }
  | { readonly code: 'NOT_A_GATEWAY_ADDRESS'; readonly address: string }
  | { readonly code: 'SERVER_NOT_BEHIND_ROUTER'; readonly facts: ErrorFacts<'SERVER_NOT_BEHIND_ROUTER'> }
  | { readonly code: 'SEVERAL_SERVERS' }
  | { readonly code: 'TOO_MANY_NETWORKS'; readonly max: number }
  | { readonly code: 'MAPPING_NOT_EFFECTIVE'; readonly mappingId: string }
  | { readonly code: 'MAPPING_TO_OTHER_SERVER'; readonly mappingId: string }
  | { readonly code: 'MAPPING_WITH_OTHER_NETWORKS'; readonly mappingId: string }
  /** A rule that stays may match the same packets. */
  | { readonly code: 'OVERLAPS'; readonly rule: string }
  /** An earlier rule matches all of its packets. */
  | { readonly code: 'SHADOWED' };

type ReasonOf<C extends ImportReason['code']> = Extract<ImportReason, { readonly code: C }>;

const TEXTS: { readonly [C in ImportReason['code']]: (reason: ReasonOf<C>) => string } = {
  TARGET_NOT_DNAT: () => 'its target is not DNAT',
  OPTION_NOT_SUPPORTED: ({ option }) => `mappings do not support ${option}`,
  PROTOCOL_NOT_SUPPORTED: () => 'its protocol is not tcp or udp',
  NOT_ONE_ROUTER_PORT: () => 'its --dport is not one port',
  NOT_ONE_SERVER_PORT: () => 'its --to-destination is not one port of one server',
  NOT_ONE_GATEWAY_ADDRESS: () => 'its -d is not one address',
  SOURCE_NOT_A_NETWORK: () => 'its -s is not a network',
  NO_GATEWAY_ADDRESS: () => 'the router has no gateway address on this node',
  NOT_A_GATEWAY_ADDRESS: ({ address }) => `${address} is not a gateway address of the router`,
  SERVER_NOT_BEHIND_ROUTER: ({ facts }) => PAT_ERRORS.SERVER_NOT_BEHIND_ROUTER.message(facts),
  SEVERAL_SERVERS: () => 'rules for the same port send packets to different servers, depending on the source',
  TOO_MANY_NETWORKS: ({ max }) => `its port is open to more than ${max} networks`,
  MAPPING_NOT_EFFECTIVE: ({ mappingId }) => `its port belongs to mapping ${mappingId}, which is not published`,
  MAPPING_TO_OTHER_SERVER: ({ mappingId }) =>
    `its port belongs to mapping ${mappingId}, which has another server or port`,
  MAPPING_WITH_OTHER_NETWORKS: ({ mappingId }) =>
    `its port belongs to mapping ${mappingId}, which allows other networks`,
  OVERLAPS: ({ rule }) => `a rule that stays may match the same packets: ${rule}`,
  SHADOWED: () => 'an earlier rule matches all of its packets',
};

/** The sentence for people, without a full stop. */
export function importReasonText(reason: ImportReason): string {
  return (TEXTS[reason.code] as (each: ImportReason) => string)(reason);
}
