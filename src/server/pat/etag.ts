/** The state of a mapping that a client has read. */
import type { Mapping } from '../../pat/mapping/mapping.ts';
import type { MappingView } from '../../pat/mapping/view.ts';
import { entityTag, precondition } from '../http/etag.ts';

/** The meaning of the ETag, for the document. */
export const ETAG =
  'State of the mapping, for If-Match. It changes with each requested change, not with status and counters.';

/** Changes with what is requested of a mapping. Status and counters change by themselves and are left out. */
export function etagOf(mapping: Mapping | MappingView): string {
  const { status: _, status_code: __, status_reason: ___, counters: ____, ...requested } = mapping as MappingView;
  return entityTag(requested);
}

/** Gives a condition that throws PRECONDITION_FAILED; undefined when the request has no If-Match. */
export function conditionOf(ifMatch: string | undefined): ((mapping: Mapping) => void) | undefined {
  return precondition<Mapping>(ifMatch, etagOf);
}
