/** Who is meant by a request, as the services need it. */
import type { Requester } from '../../core/identity/requester.ts';
import type { Mapping, NewMapping, TargetIdentity } from '../mapping/mapping.ts';
import type { MappingRequest } from '../mapping/request.ts';
import type { CloudPort } from './cloud.ts';

export interface ResolvedRequest {
  readonly mapping: NewMapping;
  /** The Neutron port that it leads to; undefined when there is none, or no cloud that could know. */
  readonly port: CloudPort | undefined;
  readonly warnings: readonly string[];
}

export interface Targets {
  /**
   * Finds what is meant. Throws ROUTER_NOT_FOUND, SERVER_NOT_FOUND, PORT_NOT_FOUND (also for what is another project's),
   * AMBIGUOUS, ROUTER_NOT_CONNECTED, FORBIDDEN, CLOUD_NOT_CONFIGURED and the errors of Cloud.
   */
  resolve(request: MappingRequest, requester: Requester): Promise<ResolvedRequest>;
  /** Whose address that is, for a mapping that is to lead there. Throws as resolve does. */
  readdress(mapping: Mapping, server_ip: string, requester: Requester): Promise<TargetIdentity>;
  /** Whether the mapping's port is still the requester's, with that address, behind that router. Throws as resolve does. */
  confirm(mapping: Mapping, requester: Requester): Promise<void>;
}
