/** What becomes of mappings when the gateway address of their router changes. Pure. */
import { timeText } from '../../core/values/time.ts';
import { endpointKey, endpointOf } from '../mapping/forward.ts';
import { type Mapping, PENDING } from '../mapping/mapping.ts';
import type { Delta } from '../mapping/record.ts';
import { portInUseAt } from '../router/port-in-use.ts';
import type { Situation } from './situation.ts';

/**
 * Moves mappings on a gateway address that the router no longer has to its first gateway address, with the same port, and
 * ends the connections of the old address. A mapping whose port is in use there stays, and is DOWN. An address that was never
 * a gateway address of the router stays too, because an operator may be preparing it, and nothing moves while the router has
 * no gateway address, because a standby HA instance has none. Undefined: the record does not change.
 */
export function decideGatewayMove({ record, router, now }: Situation): Delta | undefined {
  const { gateways = [], addresses = [] } = router?.facts ?? {};
  const [gatewayIp] = gateways;
  if (gatewayIp === undefined || record.mappings.size === 0 || gateways.join() === record.gateways.join())
    return undefined;
  const removed = new Set(record.gateways.filter((address) => !addresses.includes(address)));
  const mappings = [...record.mappings.values()];
  const taken = new Set(mappings.map(endpointKey));
  const moving = mappings.filter((mapping) => removed.has(mapping.gateway_ip));
  const put = moving.flatMap((mapping): Mapping[] => {
    const moved: Mapping = { ...mapping, gateway_ip: gatewayIp, ...PENDING, updated_at: timeText(now) };
    const key = endpointKey(moved);
    if (taken.has(key) || portInUseAt(router?.portsInUse ?? [], moved)) return [];
    taken.add(key);
    return [moved];
  });
  const endpoints = [...moving.filter(({ id }) => put.some((moved) => moved.id === id)), ...put].map(endpointOf);
  return { gateways, ...(put.length > 0 && { put, pending: [...record.pending, ...endpoints] }) };
}
