/** Who is meant by a request, as the services need it. */
import { type Identity, type Mapping, NewMapping } from '../mapping/mapping.ts';
import type { Wanted } from '../mapping/request.ts';
import type { CloudPort } from './cloud.ts';

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
