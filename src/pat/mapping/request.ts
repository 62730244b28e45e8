/**
 * A request for a new mapping. Router and server may be named in several ways; Targets resolves them, which gives a
 * NewMapping. It is parsed once, where it enters: in the body of an API request or on the command line.
 */
import * as z from 'zod';
import { Ipv4, Port, Text } from '../../core/values/schemas.ts';
import { MAPPING_OPTIONS, RouterId } from './mapping.ts';

const NameOrId = Text.min(1, 'a name or an ID');

export const MappingRequest = z.strictObject({
  router_id: RouterId.optional(),
  router: NameOrId.optional(),
  server: NameOrId.optional(),
  port_id: z.uuid('the UUID of a Neutron port').optional(),
  server_ip: Ipv4.optional(),
  server_port: Port,
  ...MAPPING_OPTIONS,
  open_security_group: z.boolean('true or false').default(false),
});
export type MappingRequest = z.output<typeof MappingRequest>;
export type MappingRequestInput = z.input<typeof MappingRequest>;

/** The fields that name the router and the server. */
export type TargetRequest = Partial<
  Pick<
    MappingRequest,
    'router_id' | 'router' | 'server' | 'port_id' | 'server_ip' | 'gateway_ip' | 'project_id' | 'open_security_group'
  >
>;
