import { parseInput } from '../../core/values/input.ts';
import type { PortRange } from '../../core/values/port-range.ts';
import { praasError } from '../errors.ts';
import type { Caller, Resolved, Targets } from '../interfaces/target.ts';
import { type Identity, type Mapping, NewMapping } from '../mapping/mapping.ts';
import type { Wanted } from '../mapping/request.ts';
import { routerIdOf } from '../router/facts.ts';

/** Throws FORBIDDEN for a router port that the caller may not choose. */
export function requireRange(router_port: number | undefined, range: PortRange, caller: Caller): void {
  if (router_port === undefined || caller.any_port) return;
  if (router_port >= range.first && router_port <= range.last) return;
  const what = `choose router port ${router_port}, which is outside of ${range.first}:${range.last}`;
  throw praasError('FORBIDDEN', { who: caller.name, what });
}

/** What of it stays as the caller said it, once router and server are known. */
export function inputOf(wanted: Wanted, target: Identity & { readonly router_id: string }): NewMapping {
  const { router: _router, server: _server, open_security_group: _open, ...rest } = wanted;
  return { ...rest, ...target };
}

const Place = NewMapping.pick({ router_id: true, server_ip: true });
const NO_IDENTITY = { server_id: null, port_id: null };

/** For a node without OpenStack. */
export class LocalTargets implements Targets {
  async resolve(wanted: Wanted): Promise<Resolved> {
    const { server, port_id, server_ip } = wanted;
    if (server !== undefined) throw praasError('CLOUD_NOT_CONFIGURED', { what: 'a server by its name' });
    if (port_id !== undefined) throw praasError('CLOUD_NOT_CONFIGURED', { what: 'a Neutron port' });
    if (wanted.open_security_group) throw praasError('CLOUD_NOT_CONFIGURED', { what: 'a security group' });
    const place = parseInput(Place, { router_id: localRouter(wanted), server_ip });
    return { input: inputOf(wanted, { ...place, ...NO_IDENTITY }), port: undefined, warnings: [] };
  }

  async readdress(_: Mapping, server_ip: string): Promise<Identity> {
    return { server_ip, ...NO_IDENTITY };
  }

  async confirm(): Promise<void> {
    // Nobody here knows whose an address is.
  }
}

function localRouter({ router_id, router }: Wanted): string | undefined {
  return router_id ?? (router === undefined ? undefined : routerIdOf(router));
}
