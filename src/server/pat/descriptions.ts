/** Descriptions of the fields of a mapping, for /openapi.json and /docs. */
import type * as z from 'zod';
import type { Mapping } from '../../pat/mapping/mapping.ts';
import type { MappingRequest } from '../../pat/mapping/request.ts';

const DESCRIPTIONS: Readonly<Record<keyof Mapping | keyof MappingRequest, string>> = {
  id: 'ID of the mapping',
  router_id: 'UUID of the router, or name of its network namespace',
  project_id: 'project that owns the mapping; null: none',
  protocol: 'protocol of the published port',
  router_port: 'port on the gateway address; default for a new mapping: the next free port of router_port_range',
  gateway_ip: 'address on which the port is published; default for a new mapping: the gateway address of the router',
  server_ip: 'address of the server behind the router',
  server_port: 'port of the server',
  router: 'name or ID of the router; default: the only router that reaches the server',
  server: 'name or ID of the server, instead of its address',
  open_security_group:
    'add the missing rules to a security group of the server; they follow the mapping, and exist only while it publishes',
  server_id: 'UUID of the server in OpenStack; null: unknown',
  port_id: 'UUID of the Neutron port of the server; null: unknown',
  name: 'display name',
  description: 'description',
  allowed_cidrs: 'IPv4 addresses and networks that may use the port, such as 198.51.100.0/24; empty: all',
  masquerade:
    'whether the server sees the address of the router instead of the client; auto: only where replies would be lost otherwise',
  expires_at: 'time at which the mapping expires, in UTC; null: never',
  enabled: 'false: stored, but not published',
  security_group_rule_ids: 'security group rules that the mapping has',
  suspension: 'set by the monitor while OpenStack cannot serve the mapping; null: not suspended',
  status: 'ACTIVE: published; DOWN: not published; PENDING: not applied yet',
  status_code: 'reason why it is DOWN, as a code; null when it is not',
  status_reason: 'reason why it is DOWN, as text; empty when it is not',
  created_at: 'time of creation, in UTC',
  updated_at: 'time of the last requested change, in UTC',
};

/** Takes fields of a mapping with their schemas, gives the same fields with their descriptions. */
export function withDescriptions<S extends z.ZodRawShape>(shape: S): S {
  const fields = Object.entries(shape as z.ZodRawShape) as [keyof typeof DESCRIPTIONS, z.ZodType][];
  return Object.fromEntries(
    fields.map(([name, schema]) => [name, schema.describe(DESCRIPTIONS[name])]),
  ) as unknown as S;
}
