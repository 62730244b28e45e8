/**
 * A mapping is one published port: what an operator or tenant asked for, and what became of it. This file says which
 * fields there are and which values are valid; everything from outside (flags, JSON, files) passes these schemas first.
 */

import * as z from 'zod';
import { Cidrs, Ipv4, Port, Text } from '../../core/values/schemas.ts';
import { isExpired, Time } from '../../core/values/time.ts';
import { REASON_CODES, Reason } from './reasons.ts';

/** TCP and UDP; other protocols have no ports. */
export const PROTOCOLS = ['tcp', 'udp'] as const;
export const Protocol = z.enum(PROTOCOLS, 'tcp or udp');
export type Protocol = z.infer<typeof Protocol>;

/** `auto` lets the router's facts decide (router.ts), the others are the operator's word. */
export const MASQUERADE = ['auto', 'always', 'never'] as const;
export const Masquerade = z.enum(MASQUERADE, 'auto, always or never');
export type Masquerade = z.infer<typeof Masquerade>;

/** ACTIVE: in the kernel. DOWN: stored, and not published now. PENDING: not applied yet. */
export const STATUSES = ['ACTIVE', 'DOWN', 'PENDING'] as const;
export const Status = z.enum(STATUSES);
export type Status = z.infer<typeof Status>;

const A_ROUTER = 'a router UUID or a namespace name';

/**
 * A router's id: the UUID of a Neutron router, or the name of any network namespace. It becomes a file name and a
 * namespace path, so nothing that could climb out of a directory passes.
 */
export const RouterId = z.string(A_ROUTER).regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, A_ROUTER);

/** Set by the monitor while OpenStack cannot serve the mapping. */
export const Suspension = z.strictObject({
  reason: Reason,
  /** True: unpublished meanwhile, because the address may belong to another server. False: packets go where they went. */
  withdrawn: z.boolean(),
});
export type Suspension = z.infer<typeof Suspension>;

export const Mapping = z.strictObject({
  id: z.uuid(),
  router_id: RouterId,
  project_id: Text.nullable(),
  protocol: Protocol,
  router_port: Port,
  gateway_ip: Ipv4,
  server_ip: Ipv4,
  server_port: Port,
  server_id: z.uuid().nullable(),
  port_id: z.uuid().nullable(),
  name: Text,
  description: Text,
  allowed_cidrs: Cidrs,
  masquerade: Masquerade,
  expires_at: Time.nullable(),
  enabled: z.boolean('true or false'),
  /** Rules of security groups that were added for this mapping, and go with it. */
  security_group_rule_ids: z.array(z.uuid()),
  suspension: Suspension.nullable(),
  status: Status,
  /** Null while it is ACTIVE or PENDING. */
  status_code: z.enum(REASON_CODES).nullable(),
  /** The same for people; empty while it is ACTIVE or PENDING. */
  status_reason: z.string(),
  created_at: Time,
  updated_at: Time,
});
export type Mapping = z.infer<typeof Mapping>;

/** What a caller may leave out of a new mapping, with what it is then. */
export const MAPPING_OPTIONS = {
  project_id: Text.nullable().default(null),
  protocol: Protocol.default('tcp'),
  router_port: Port.optional(),
  gateway_ip: Ipv4.optional(),
  name: Text.default(''),
  description: Text.default(''),
  allowed_cidrs: Cidrs.default([]),
  masquerade: Masquerade.optional(),
  expires_at: Time.nullable().default(null),
  enabled: z.boolean('true or false').default(true),
};

/** A new mapping whose router and server are known. Its values were parsed where they came in. */
export interface NewMapping
  extends Pick<
    Mapping,
    | 'router_id'
    | 'project_id'
    | 'protocol'
    | 'server_ip'
    | 'server_port'
    | 'server_id'
    | 'port_id'
    | 'name'
    | 'description'
    | 'allowed_cidrs'
    | 'expires_at'
    | 'enabled'
    | 'security_group_rule_ids'
  > {
  /** Undefined: the next free one. */
  readonly router_port?: number | undefined;
  /** Undefined: the router's own. */
  readonly gateway_ip?: string | undefined;
  /** The gateway address where the node has none: an HA router stands by, or Neutron has not put it there yet. */
  readonly expectedGatewayIp?: string | undefined;
  /** Undefined: as the operator configured it. */
  readonly masquerade?: Masquerade | undefined;
}

/** What may change in a mapping; its router, protocol and identity stay. */
export const MappingPatch = z.strictObject({
  router_port: Port.optional(),
  server_ip: Ipv4.optional(),
  server_port: Port.optional(),
  name: Text.optional(),
  description: Text.optional(),
  allowed_cidrs: Cidrs.optional(),
  masquerade: Masquerade.optional(),
  expires_at: Time.nullable().optional(),
  enabled: z.boolean('true or false').optional(),
});
export type MappingPatch = z.output<typeof MappingPatch>;
export type MappingPatchInput = z.input<typeof MappingPatch>;

/** True when the mapping should be in the kernel at `now`, if its router lets it. */
export function isEffective(mapping: Pick<Mapping, 'enabled' | 'expires_at' | 'suspension'>, now: Date): boolean {
  return mapping.enabled && !isExpired(mapping, now) && mapping.suspension?.withdrawn !== true;
}

/** Where a mapping leads, and to which port of which server that address belongs. */
export type TargetIdentity = Pick<Mapping, 'server_ip' | 'server_id' | 'port_id'>;

/** Whether it could let somebody in who was not let in before: then whose the port is counts as for a new mapping. */
export function mayOpen({ enabled, ...patch }: MappingPatch): boolean {
  const { server_port, router_port, allowed_cidrs, expires_at } = patch;
  return enabled === true || [server_port, router_port, allowed_cidrs, expires_at].some((value) => value !== undefined);
}

/** What a mapping has to do with in the cloud, itself included: an event that names one of these may be about it. */
export function relatedIds({ id, router_id, port_id, server_id, project_id }: Mapping): readonly string[] {
  return [id, router_id, port_id, server_id, project_id].filter((value) => value !== null);
}
