/**
 * What a caller says of a new mapping. Router and server may be named in several ways; who they are is found out by Targets
 * (targets.ts), and only then is there a NewMapping.
 */
import * as z from 'zod';
import { Port, Text } from '../../core/values/schemas.ts';
import { NewMapping } from './mapping.ts';

const A_NAME = 'a name or an ID';
const Name = Text.min(1, A_NAME);
const { router_id, server_ip, project_id, protocol, router_port, gateway_ip } = NewMapping.shape;
const { name, description, allowed_cidrs, masquerade, expires_at, enabled } = NewMapping.shape;

export const Wanted = z.strictObject({
  router_id: router_id.optional(),
  router: Name.optional(),
  server: Name.optional(),
  port_id: z.uuid('the UUID of a Neutron port').optional(),
  server_ip: server_ip.optional(),
  server_port: Port,
  project_id,
  protocol,
  router_port,
  gateway_ip,
  name,
  description,
  allowed_cidrs,
  masquerade,
  expires_at,
  enabled,
  open_security_group: z.boolean('true or false').default(false),
});
export type Wanted = z.input<typeof Wanted>;
