/** What a reconcile repaired although nobody asked for it. Pure. */
import { isExpired } from '../../core/values/time.ts';
import { endpointKey } from '../mapping/forward.ts';
import type { RouterRecord } from '../mapping/record.ts';
import type { Changes } from '../plan/changes.ts';

/** IDs of mappings whose rules differed from the record. */
interface RepairedDrift {
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Requested, pending and expired mappings are no drift: the record itself changed. Undefined without drift. */
export function driftOf(
  { mappings, pending }: Pick<RouterRecord, 'mappings' | 'pending'>,
  { remove, add }: Changes,
  requestedIds: readonly string[],
  now: Date,
): RepairedDrift | undefined {
  const requested = new Set(requestedIds);
  const pendingKeys = new Set(pending.map(endpointKey));
  const isDrift = (id: string): boolean => {
    if (requested.has(id)) return false;
    const mapping = mappings.get(id);
    return mapping === undefined || !(isExpired(mapping, now) || pendingKeys.has(endpointKey(mapping)));
  };
  const removed = remove.map(({ mapping_id }) => mapping_id).filter(isDrift);
  const added = add.map(({ mapping_id }) => mapping_id).filter(isDrift);
  return removed.length + added.length === 0 ? undefined : { removed, added };
}
