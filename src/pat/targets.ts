/**
 * Who is meant, and may it be published? A caller names a router and a server; Targets find the ids behind the names and
 * refuse what is not the caller's. Where there is no cloud, a router is a namespace and a server is an address.
 */
import type { PortRange } from './allocation.ts';
import type { CloudPort } from './cloud.ts';
import { praasError } from './errors.ts';
import { parseInput } from './input.ts';
import { type Identity, type Mapping, NewMapping } from './mapping.ts';
import { routerIdOf } from './router.ts';
import type { Wanted } from './wanted.ts';

/** Who asks, as far as it matters for what they may publish. */
export interface Caller {
  readonly name: string;
  /** Null: all projects. */
  readonly project_id: string | null;
  /** May choose router ports outside of the range that is handed out. */
  readonly any_port: boolean;
  /** May publish what is no Neutron port of a server of the project. */
  readonly any_target: boolean;
}

/** Whoever is root on the node. */
export const OPERATOR: Caller = { name: 'root', project_id: null, any_port: true, any_target: true };

/** Who looks, as far as it matters for what there is for them. */
export type Viewer = Pick<Caller, 'project_id'>;

export interface Resolved {
  readonly input: NewMapping;
  /** The Neutron port that it leads to; undefined when there is none, or no cloud that could know. */
  readonly port: CloudPort | undefined;
  readonly warnings: readonly string[];
}

export interface Targets {
  /**
   * Finds what is meant. Throws ROUTER_NOT_FOUND, SERVER_NOT_FOUND, PORT_NOT_FOUND (also for what is another project's),
   * AMBIGUOUS, ROUTER_NOT_CONNECTED, FORBIDDEN, CLOUD_NOT_CONFIGURED and the errors of Cloud.
   */
  resolve(wanted: Wanted, caller: Caller): Promise<Resolved>;
  /** Whose address that is, for a mapping that is to lead there. Throws as resolve does. */
  readdress(mapping: Mapping, server_ip: string, caller: Caller): Promise<Identity>;
  /** Whether the mapping's port is still the caller's, with that address, behind that router. Throws as resolve does. */
  confirm(mapping: Mapping, caller: Caller): Promise<void>;
}

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
