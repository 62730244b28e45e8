/**
 * What a caller says of a new mapping. Router and server may be named in several ways; who they are is found out by Targets,
 * and only then is there a NewMapping. Parsed once, where it comes in: the API's bodies and the command line.
 */
import * as z from 'zod';
import { Ipv4, Port, Text } from '../../core/values/schemas.ts';
import { MAPPING_OPTIONS, RouterId } from './mapping.ts';

const Name = Text.min(1, 'a name or an ID');

export const MappingRequest = z.strictObject({
  router_id: RouterId.optional(),
  router: Name.optional(),
  server: Name.optional(),
  port_id: z.uuid('the UUID of a Neutron port').optional(),
  server_ip: Ipv4.optional(),
  server_port: Port,
  ...MAPPING_OPTIONS,
  open_security_group: z.boolean('true or false').default(false),
});
export type MappingRequest = z.output<typeof MappingRequest>;
export type MappingRequestInput = z.input<typeof MappingRequest>;

/** The part that says which server is meant, behind which router. */
export type TargetRequest = Partial<
  Pick<
    MappingRequest,
    'router_id' | 'router' | 'server' | 'port_id' | 'server_ip' | 'gateway_ip' | 'project_id' | 'open_security_group'
  >
>;
