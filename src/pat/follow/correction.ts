/**
 * What the monitor found of a mapping, as a value that can cross a wire, and what follows from it. A correction is of the
 * mapping as it was when it was judged: whoever changed it since knows better, and the correction is void. Pure.
 */

import * as z from 'zod';
import { Ipv4 } from '../../core/values/schemas.ts';
import { timeText } from '../../core/values/time.ts';
import type { Situation } from '../change/situation.ts';
import { endpointOf } from '../mapping/forward.ts';
import { type Mapping, RouterId, Suspension, type TargetIdentity } from '../mapping/mapping.ts';
import { isSameReason, Reason } from '../mapping/reasons.ts';
import type { Delta } from '../mapping/record.ts';
import { PENDING } from '../plan/status.ts';

const IdentitySchema = z.strictObject({
  server_ip: Ipv4,
  server_id: z.uuid().nullable(),
  port_id: z.uuid().nullable(),
});

const common = {
  mapping_id: z.uuid(),
  router_id: RouterId,
  /** Where the mapping led when it was judged. */
  seen: IdentitySchema,
};

export const Correction = z.discriminatedUnion('action', [
  /** What it led to is gone for good. */
  z.strictObject({ action: z.literal('delete'), ...common, reason: Reason }),
  /** It leads there now, or its identity has been found. */
  z.strictObject({ action: z.literal('follow'), ...common, reason: Reason, to: IdentitySchema }),
  /** It leads nowhere for the time being. */
  z.strictObject({ action: z.literal('suspend'), ...common, ...Suspension.shape }),
  /** Nothing is against it any more. */
  z.strictObject({ action: z.literal('resume'), ...common }),
]);
export type Correction = z.infer<typeof Correction>;

/** A correction that counted, with the mapping before it. */
export interface AppliedCorrection {
  readonly correction: Correction;
  readonly mapping: Mapping;
}

/** Decides corrections of one router; void ones come to nothing. */
export function decideCorrections(
  { record, now }: Pick<Situation, 'record' | 'now'>,
  corrections: readonly Correction[],
): { readonly delta: Delta; readonly applied: readonly AppliedCorrection[] } {
  const applied = corrections.flatMap((correction): AppliedCorrection[] => {
    const mapping = record.mappings.get(correction.mapping_id);
    return mapping && isSame(mapping, correction.seen) && changes(mapping, correction) ? [{ correction, mapping }] : [];
  });
  if (applied.length === 0) return { delta: {}, applied };
  const put = applied.flatMap(({ correction, mapping }) => after(mapping, correction, now) ?? []);
  const remove = applied.flatMap(({ correction, mapping }) => (correction.action === 'delete' ? mapping.id : []));
  const pending = [...record.pending, ...applied.map(({ mapping }) => endpointOf(mapping))];
  return { applied, delta: { pending, ...(put.length > 0 && { put }), ...(remove.length > 0 && { remove }) } };
}

function isSame(one: TargetIdentity, other: TargetIdentity): boolean {
  return one.server_ip === other.server_ip && one.server_id === other.server_id && one.port_id === other.port_id;
}

/** False for what is as the correction says already. */
export function changes({ suspension }: Pick<Mapping, 'suspension'>, correction: Correction): boolean {
  if (correction.action === 'resume') return suspension !== null;
  if (correction.action !== 'suspend' || suspension === null) return true;
  return suspension.withdrawn !== correction.withdrawn || !isSameReason(suspension.reason, correction.reason);
}

/** Undefined: it is no more. */
function after(mapping: Mapping, correction: Correction, now: Date): Mapping | undefined {
  if (correction.action === 'delete') return undefined;
  if (correction.action === 'follow')
    return { ...mapping, ...correction.to, suspension: null, ...PENDING, updated_at: timeText(now) };
  if (correction.action === 'resume') return { ...mapping, suspension: null, ...PENDING };
  const { reason, withdrawn } = correction;
  return { ...mapping, suspension: { reason, withdrawn }, ...PENDING };
}

export interface CorrectionResult {
  readonly applied: readonly AppliedCorrection[];
  /** Why those of some routers could not be carried out; they are found again. */
  readonly failures: readonly Error[];
}

export interface Corrections {
  /** Those of one router together or not at all; a router that fails does not hold up the others. */
  apply(corrections: readonly Correction[]): Promise<CorrectionResult>;
}
