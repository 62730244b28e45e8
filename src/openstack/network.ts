/** The responses of Neutron, as far as they are used, as types of interfaces/cloud.ts. Members see fewer fields than admins. */
import * as z from 'zod';
import { isIpv4 } from '../core/values/ipv4.ts';
import type {
  CloudFloatingIp,
  CloudPort,
  CloudRouter,
  RouterHost,
  SecurityGroup,
  SecurityGroupRule,
} from '../pat/interfaces/cloud.ts';

const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? '');
const FixedIps = z.array(z.object({ ip_address: z.string(), subnet_id: z.string() }));
const Gateway = z.object({ external_fixed_ips: FixedIps.default([]) });

export const Router = z
  .object({
    id: z.string(),
    name: Text,
    project_id: Text,
    admin_state_up: z.boolean(),
    status: Text,
    external_gateway_info: Gateway.nullish(),
    ha: z.boolean().nullish(),
    distributed: z.boolean().nullish(),
  })
  .transform(
    ({ id, name, project_id, admin_state_up, status, external_gateway_info, ha, distributed }): CloudRouter => ({
      id,
      name,
      project_id,
      isUp: admin_state_up,
      status,
      gateway_ips: (external_gateway_info?.external_fixed_ips ?? [])
        .map(({ ip_address }) => ip_address)
        .filter((address) => isIpv4(address)),
      isHa: ha ?? false,
      isDistributed: distributed ?? false,
    }),
  );
export const ROUTER_FIELDS = [
  'id',
  'name',
  'project_id',
  'admin_state_up',
  'status',
  'external_gateway_info',
  'ha',
  'distributed',
];

export const Port = z
  .object({
    id: z.string(),
    name: Text,
    project_id: Text,
    network_id: z.string(),
    device_id: Text,
    device_owner: Text,
    fixed_ips: FixedIps,
    admin_state_up: z.boolean(),
    status: Text,
    'binding:host_id': Text,
    port_security_enabled: z.boolean().nullish(),
    security_groups: z.array(z.string()).nullish(),
  })
  .transform(
    ({ admin_state_up, port_security_enabled, security_groups, 'binding:host_id': host, ...port }): CloudPort => ({
      ...port,
      isUp: admin_state_up,
      host,
      hasPortSecurity: port_security_enabled ?? true,
      security_group_ids: security_groups ?? [],
    }),
  );
export const PORT_FIELDS = [
  'id',
  'name',
  'project_id',
  'network_id',
  'device_id',
  'device_owner',
  'fixed_ips',
  'admin_state_up',
  'status',
  'binding:host_id',
  'port_security_enabled',
  'security_groups',
];

export const FloatingIp = z
  .object({
    id: z.string(),
    floating_ip_address: z.string(),
    project_id: Text,
    port_id: z.string().nullish(),
    router_id: z.string().nullish(),
  })
  .transform(
    ({ id, floating_ip_address, project_id, port_id, router_id }): CloudFloatingIp => ({
      id,
      address: floating_ip_address,
      project_id,
      port_id: port_id ?? null,
      router_id: router_id ?? null,
    }),
  );

export const Group = z.object({ id: z.string(), name: Text, project_id: Text }) satisfies z.ZodType<SecurityGroup>;

const OptionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
const OptionalNumber = z
  .int()
  .nullish()
  .transform((number) => number ?? null);

export const GroupRule = z.object({
  id: z.string(),
  security_group_id: z.string(),
  project_id: Text,
  direction: z.string(),
  ethertype: z.string(),
  protocol: z
    .union([z.string(), z.int()])
    .nullish()
    .transform((protocol) => (protocol == null ? null : String(protocol))),
  port_range_min: OptionalNumber,
  port_range_max: OptionalNumber,
  remote_ip_prefix: OptionalText,
  remote_group_id: OptionalText,
  remote_address_group_id: OptionalText,
  description: Text,
}) satisfies z.ZodType<SecurityGroupRule>;

export const Host = z
  .object({ host: z.string(), alive: z.boolean(), ha_state: z.string().nullish() })
  .transform(({ host, alive, ha_state }): RouterHost => ({ host, isAlive: alive, ha_state: ha_state ?? null }));
