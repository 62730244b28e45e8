/** Why the import leaves an unmanaged rule as it is, or drops it: a code with facts. The sentence is made last. Pure. */
import { type ErrorFacts, PAT_ERRORS } from '../errors.ts';

export type ImportReason =
  /** No mapping can do the same; `detail` is the Dataplane's explanation. */
  | { readonly code: 'NOT_EXPRESSIBLE'; readonly detail: string }
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

/** The sentence for people, without a full stop. */
export function importReasonText(reason: ImportReason): string {
  switch (reason.code) {
    case 'NOT_EXPRESSIBLE':
      return reason.detail;
    case 'NO_GATEWAY_ADDRESS':
      return 'the router has no gateway address on this node';
    case 'NOT_A_GATEWAY_ADDRESS':
      return `${reason.address} is not a gateway address of the router`;
    case 'SERVER_NOT_BEHIND_ROUTER':
      return PAT_ERRORS.SERVER_NOT_BEHIND_ROUTER.message(reason.facts);
    case 'SEVERAL_SERVERS':
      return 'rules for the same port send packets to different servers, depending on the source';
    case 'TOO_MANY_NETWORKS':
      return `its port is open to more than ${reason.max} networks`;
    case 'MAPPING_NOT_EFFECTIVE':
      return `its port belongs to mapping ${reason.mappingId}, which is not published`;
    case 'MAPPING_TO_OTHER_SERVER':
      return `its port belongs to mapping ${reason.mappingId}, which has another server or port`;
    case 'MAPPING_WITH_OTHER_NETWORKS':
      return `its port belongs to mapping ${reason.mappingId}, which allows other networks`;
    case 'OVERLAPS':
      return `a rule that stays may match the same packets: ${reason.rule}`;
    case 'SHADOWED':
      return 'an earlier rule matches all of its packets';
  }
}
