/**
 * What the monitor wants to change in a mapping, as a document that the API accepts, and the delta that follows from it. A
 * correction is about the mapping as it was when it was evaluated: when its target has changed since, the correction is void.
 * Pure.
 */

import * as z from 'zod';
import { Ipv4 } from '../../core/values/schemas.ts';
import { timeText } from '../../core/values/time.ts';
import type { Situation } from '../change/situation.ts';
import type { PraasError } from '../errors.ts';
import { endpointOf } from '../mapping/forward.ts';
import { type Mapping, PENDING, RouterId, Suspension, type TargetIdentity } from '../mapping/mapping.ts';
import { isSameReason, Reason } from '../mapping/reasons.ts';
import type { Delta } from '../mapping/record.ts';

const TargetIdentitySchema = z.strictObject({
  server_ip: Ipv4,
  server_id: z.uuid().nullable(),
  port_id: z.uuid().nullable(),
});

const subject = {
  mapping_id: z.uuid(),
  router_id: RouterId,
  /** The target of the mapping when it was evaluated. */
  seen: TargetIdentitySchema,
};

export const Correction = z.discriminatedUnion('action', [
  /** A resource of the mapping was deleted. */
  z.strictObject({ action: z.literal('delete'), ...subject, reason: Reason }),
  /** The target has changed, or its port has been found. */
  z.strictObject({ action: z.literal('follow'), ...subject, reason: Reason, to: TargetIdentitySchema }),
  /** The target cannot be reached for now. */
  z.strictObject({ action: z.literal('suspend'), ...subject, ...Suspension.shape }),
  /** The reason of the suspension does not exist any more. */
  z.strictObject({ action: z.literal('resume'), ...subject }),
]);
export type Correction = z.infer<typeof Correction>;

/** A correction that was carried out, with the mapping before it. */
export interface AppliedCorrection {
  readonly correction: Correction;
  readonly mapping: Mapping;
}

/** Decides the corrections of one router; void ones change nothing. */
export function decideCorrections(
  { record, now }: Pick<Situation, 'record' | 'now'>,
  corrections: readonly Correction[],
): { readonly delta: Delta; readonly applied: readonly AppliedCorrection[] } {
  const applied = corrections.flatMap((correction): AppliedCorrection[] => {
    const mapping = record.mappings.get(correction.mapping_id);
    return mapping && isSameTarget(mapping, correction.seen) && hasEffect(mapping, correction)
      ? [{ correction, mapping }]
      : [];
  });
  if (applied.length === 0) return { delta: {}, applied };
  const put = applied.flatMap(({ correction, mapping }) => after(mapping, correction, now) ?? []);
  const remove = applied.flatMap(({ correction, mapping }) => (correction.action === 'delete' ? mapping.id : []));
  const pending = [...record.pending, ...applied.map(({ mapping }) => endpointOf(mapping))];
  return { applied, delta: { pending, ...(put.length > 0 && { put }), ...(remove.length > 0 && { remove }) } };
}

function isSameTarget(one: TargetIdentity, other: TargetIdentity): boolean {
  return one.server_ip === other.server_ip && one.server_id === other.server_id && one.port_id === other.port_id;
}

/** False when the mapping already is as the correction says. */
export function hasEffect({ suspension }: Pick<Mapping, 'suspension'>, correction: Correction): boolean {
  if (correction.action === 'resume') return suspension !== null;
  if (correction.action !== 'suspend' || suspension === null) return true;
  return suspension.rules_removed !== correction.rules_removed || !isSameReason(suspension.reason, correction.reason);
}

/** Undefined for a deletion. */
function after(mapping: Mapping, correction: Correction, now: Date): Mapping | undefined {
  if (correction.action === 'delete') return undefined;
  if (correction.action === 'follow')
    return { ...mapping, ...correction.to, suspension: null, ...PENDING, updated_at: timeText(now) };
  if (correction.action === 'resume') return { ...mapping, suspension: null, ...PENDING };
  const { reason, rules_removed } = correction;
  return { ...mapping, suspension: { reason, rules_removed }, ...PENDING };
}

export interface CorrectionResult {
  readonly applied: readonly AppliedCorrection[];
  /** The errors of routers whose corrections failed; the next sweep finds them again. */
  readonly failures: readonly PraasError[];
}
