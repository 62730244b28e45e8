/**
 * What the monitor found of a mapping, as a value that can cross a wire, and what follows from it. A verdict is of the
 * mapping as it was when it was judged: whoever changed it since knows better, and the verdict is void. Pure.
 */
import * as z from 'zod';
import { Ipv4 } from '../../core/values/schemas.ts';
import { timeText } from '../../core/values/time.ts';
import type { Situation } from '../change/situation.ts';
import { endpointOf } from '../mapping/forward.ts';
import { Hold, type Mapping, RouterId, type TargetIdentity } from '../mapping/mapping.ts';
import type { Delta } from '../mapping/record.ts';

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
const reason = z.string().min(1, 'a reason').max(1000, 'a reason of at most 1000 characters');

export const Verdict = z.discriminatedUnion('action', [
  /** What it led to is gone for good. */
  z.strictObject({ action: z.literal('remove'), ...common, reason }),
  /** It leads there now, or its identity has been found. */
  z.strictObject({ action: z.literal('lead'), ...common, reason, to: IdentitySchema }),
  /** It leads nowhere for the time being. */
  z.strictObject({ action: z.literal('hold'), ...common, reason, withdrawn: Hold.shape.withdrawn }),
  /** Nothing is against it any more. */
  z.strictObject({ action: z.literal('release'), ...common }),
]);
export type Verdict = z.infer<typeof Verdict>;

/** A verdict that counted, with the mapping before it. */
export interface Applied {
  readonly verdict: Verdict;
  readonly mapping: Mapping;
}

/** Decides verdicts of one router; void ones come to nothing. */
export function decideVerdicts(
  { record, now }: Pick<Situation, 'record' | 'now'>,
  verdicts: readonly Verdict[],
): { readonly delta: Delta; readonly applied: readonly Applied[] } {
  const applied = verdicts.flatMap((verdict): Applied[] => {
    const mapping = record.mappings.get(verdict.mapping_id);
    return mapping && isSame(mapping, verdict.seen) && changes(mapping, verdict) ? [{ verdict, mapping }] : [];
  });
  if (applied.length === 0) return { delta: {}, applied };
  const put = applied.flatMap(({ verdict, mapping }) => after(mapping, verdict, now) ?? []);
  const remove = applied.flatMap(({ verdict, mapping }) => (verdict.action === 'remove' ? mapping.id : []));
  const unsettled = [...record.unsettled, ...applied.map(({ mapping }) => endpointOf(mapping))];
  return { applied, delta: { unsettled, ...(put.length > 0 && { put }), ...(remove.length > 0 && { remove }) } };
}

function isSame(one: TargetIdentity, other: TargetIdentity): boolean {
  return one.server_ip === other.server_ip && one.server_id === other.server_id && one.port_id === other.port_id;
}

/** False for what is as the verdict says already. */
export function changes({ hold }: Pick<Mapping, 'hold'>, verdict: Verdict): boolean {
  if (verdict.action === 'release') return hold !== null;
  if (verdict.action === 'hold') return hold?.reason !== verdict.reason || hold.withdrawn !== verdict.withdrawn;
  return true;
}

/** Undefined: it is no more. */
function after(mapping: Mapping, verdict: Verdict, now: Date): Mapping | undefined {
  if (verdict.action === 'remove') return undefined;
  const pending = { status: 'PENDING', status_reason: '' } as const;
  if (verdict.action === 'lead')
    return { ...mapping, ...verdict.to, hold: null, ...pending, updated_at: timeText(now) };
  const hold = verdict.action === 'hold' ? { reason: verdict.reason, withdrawn: verdict.withdrawn } : null;
  return { ...mapping, hold, ...pending };
}

export interface CarriedOut {
  readonly applied: readonly Applied[];
  /** Why those of some routers could not be carried out; they are found again. */
  readonly failures: readonly Error[];
}

export interface Verdicts {
  /** Those of one router together or not at all; a router that fails does not hold up the others. */
  carryOut(verdicts: readonly Verdict[]): Promise<CarriedOut>;
}
