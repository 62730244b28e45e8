import { timeText } from '../../core/values/time.ts';
import { endpointKey, endpointOf } from '../mapping/forward.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Delta } from '../mapping/record.ts';
import { PENDING } from '../plan/status.ts';
import { portInUseAt } from '../router/port-in-use.ts';
import type { Situation } from './situation.ts';

/**
 * Mappings on a gateway address that the router no longer has move to its first gateway address, with the same port, and
 * the connections of the old one end. One whose port is taken there stays, and is DOWN. An address that was never a
 * gateway of the router (an operator is preparing something) is left alone, and so is everything while there is no
 * gateway: an HA router stands by like that. Undefined: nothing to write.
 */
export function decideFollow({ record, router, now }: Situation): Delta | undefined {
  const { gateways = [], addresses = [] } = router?.facts ?? {};
  const [gateway_ip] = gateways;
  if (gateway_ip === undefined || record.mappings.size === 0 || gateways.join() === record.gateways.join())
    return undefined;
  const lost = new Set(record.gateways.filter((address) => !addresses.includes(address)));
  const mappings = [...record.mappings.values()];
  const taken = new Set(mappings.map(endpointKey));
  const moving = mappings.filter((mapping) => lost.has(mapping.gateway_ip));
  const put = moving.flatMap((mapping): Mapping[] => {
    const moved: Mapping = { ...mapping, gateway_ip, ...PENDING, updated_at: timeText(now) };
    const key = endpointKey(moved);
    if (taken.has(key) || portInUseAt(router?.portsInUse ?? [], moved)) return [];
    taken.add(key);
    return [moved];
  });
  const endpoints = [...moving.filter(({ id }) => put.some((moved) => moved.id === id)), ...put].map(endpointOf);
  return { gateways, ...(put.length > 0 && { put, pending: [...record.pending, ...endpoints] }) };
}
