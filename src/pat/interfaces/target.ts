/** Resolves requests to routers, servers and Neutron ports. */
import type { Requester } from '../../core/identity/requester.ts';
import type { Mapping, NewMapping, TargetIdentity } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { CloudPort } from './cloud.ts';

export interface ResolvedRequest {
  readonly mapping: NewMapping;
  /** The Neutron port of the server address; undefined when it has none, and without a cloud. */
  readonly port: CloudPort | undefined;
  readonly warnings: readonly string[];
}

export interface Targets {
  /**
   * Finds the router and the server of a request. Throws ROUTER_NOT_FOUND, SERVER_NOT_FOUND, PORT_NOT_FOUND (also for those of
   * another project), AMBIGUOUS, ROUTER_NOT_CONNECTED, FORBIDDEN, CLOUD_NOT_CONFIGURED and the errors of Cloud.
   */
  resolve(request: MappingRequest, requester: Requester): Promise<ResolvedRequest>;
  /** Finds the port and server of a new server address of the mapping. Throws as resolve does. */
  readdress(mapping: Mapping, serverIp: string, requester: Requester): Promise<TargetIdentity>;
  /** Checks that the port still belongs to the requester's project, has the address and is behind the router. Throws as resolve does. */
  confirm(mapping: Mapping, requester: Requester): Promise<void>;
}
