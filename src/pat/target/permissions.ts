/** What a requester may not publish by default, although nothing else is wrong with it. Pure. */
import type { AccessPolicy } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import type { PortRange } from '../../core/values/port-range.ts';
import type { PatAction } from '../actions.ts';
import { praasError } from '../errors.ts';

/** Publishing what belongs to no port of the requester's project. */
const ANY_TARGET: PatAction = 'mapping:create:any-target';
/** Router ports outside of the configured range. */
const ANY_PORT: PatAction = 'mapping:create:any-port';

/** True for a requester who may publish what belongs to no port of its project. */
export function mayPublishAny(policy: AccessPolicy, requester: Requester): boolean {
  return policy.allows(requester, ANY_TARGET);
}

/** Throws FORBIDDEN unless the policy lets the requester publish what belongs to no port of its project. */
export function requireAnyTarget(policy: AccessPolicy, requester: Requester, what: string): void {
  if (mayPublishAny(policy, requester)) return;
  throw praasError('FORBIDDEN', { who: String(requester), what: `publish ${what}`, action: ANY_TARGET });
}

/** Throws FORBIDDEN for a router port outside of the range, unless the policy lets the requester use any. */
export function requireRouterPort(
  policy: AccessPolicy,
  requester: Requester,
  routerPort: number | undefined,
  { first, last }: PortRange,
): void {
  if (routerPort === undefined || (routerPort >= first && routerPort <= last)) return;
  if (policy.allows(requester, ANY_PORT)) return;
  const what = `use router port ${routerPort}, which is outside of ${first}:${last}`;
  throw praasError('FORBIDDEN', { who: String(requester), what, action: ANY_PORT });
}
