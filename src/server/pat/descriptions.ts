/** What the fields of a mapping mean, for whoever reads the description of the API. */
import type * as z from 'zod';
import type { Mapping } from '../../pat/mapping/mapping.ts';
import type { MappingRequest } from '../../pat/mapping/request.ts';

const DESCRIPTIONS: Readonly<Record<keyof Mapping | keyof MappingRequest, string>> = {
  id: 'of the mapping; stays as long as it does',
  router_id: 'the router: its UUID, or the name of its network namespace',
  project_id: 'whose mapping it is; null: nobody in particular',
  protocol: 'of the published port',
  router_port: 'port on the gateway address; a new mapping without one gets the next free port of router_port_range',
  gateway_ip: "address on which the port is published: the router's gateway address unless said otherwise",
  server_ip: 'address of the server behind the router',
  server_port: 'port of the server',
  router: 'the router by its name or ID; a new mapping without any router gets the only one that leads to the server',
  server: 'the server by its name or ID, instead of its address',
  open_security_group: 'add what is missing to a security group of the server; it goes with the mapping',
  server_id: 'the OpenStack server, where it is known',
  port_id: 'the Neutron port of the server, where it is known',
  name: 'a name for people',
  description: 'what it is for',
  allowed_cidrs:
    'IPv4 addresses and networks that may use the port, such as 198.51.100.0/24; an empty list: everybody may',
  masquerade: "whether the server sees the router's address instead of the caller's; auto: where replies would be lost",
  expires_at: 'when the mapping ends, in UTC; null: never',
  enabled: 'false: stored, not published',
  security_group_rule_ids: 'rules of security groups that were added for this mapping, and go with it',
  suspension: 'set by the monitor while OpenStack cannot serve the mapping; null: not suspended',
  status: 'ACTIVE: in the kernel; DOWN: not published now; PENDING: not applied yet',
  status_code: 'why it is DOWN, as a code; null: it is not',
  status_reason: 'why it is DOWN; empty: it is not',
  created_at: 'when it was published, in UTC',
  updated_at: 'when somebody last changed it, in UTC',
};

/** Takes the fields of a mapping, or some of them; gives the same ones, each with its meaning. */
export function explained<S extends z.ZodRawShape>(shape: S): S {
  const fields = Object.entries(shape as z.ZodRawShape) as [keyof typeof DESCRIPTIONS, z.ZodType][];
  return Object.fromEntries(
    fields.map(([name, schema]) => [name, schema.describe(DESCRIPTIONS[name])]),
  ) as unknown as S;
}
