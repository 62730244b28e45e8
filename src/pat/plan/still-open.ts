/** Ports that are open although no mapping publishes them: rules of other programs translate them. Pure. */
import { endpointKey, endpointOf, type Forward, type PublicEndpoint } from '../mapping/forward.ts';
import { type PortInUse, portInUseAt } from '../router/port-in-use.ts';

export interface OpenEndpoint extends PublicEndpoint {
  /** As the tool of that rule prints it. */
  readonly rule: string;
}

/**
 * Takes endpoints whose forwards have changed and the forwards in force at them. Gives the endpoints without a forward that a rule of
 * another program translates: a copy of a rule of praas, or a rule that was there before the mapping.
 */
export function stillOpen(
  endpoints: readonly PublicEndpoint[],
  inForce: readonly Forward[],
  portsInUse: readonly PortInUse[],
): readonly OpenEndpoint[] {
  const rules = portsInUse.filter(({ kind }) => kind === 'rule');
  return withoutForward(endpoints, inForce).flatMap((endpoint) => {
    const rule = portInUseAt(rules, endpoint);
    return rule === undefined ? [] : [{ ...endpointOf(endpoint), rule: rule.text }];
  });
}

/** Gives the endpoints at which none of these is in force. */
export function withoutForward(
  endpoints: readonly PublicEndpoint[],
  inForce: readonly PublicEndpoint[],
): readonly PublicEndpoint[] {
  const published = new Set(inForce.map(endpointKey));
  return endpoints.filter((endpoint) => !published.has(endpointKey(endpoint)));
}
