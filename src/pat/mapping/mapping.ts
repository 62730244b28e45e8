/**
 * A mapping is one published port: what was requested, and its status. These schemas say which fields and values are valid;
 * input from flags, JSON and files is parsed with them before anything else uses it.
 */

import * as z from 'zod';
import { isCovered } from '../../core/values/ipv4.ts';
import { Cidrs, Ipv4, Port, StoredText, Text } from '../../core/values/schemas.ts';
import { isExpired, Time } from '../../core/values/time.ts';
import { Reason, ReasonCode } from './reasons.ts';

/** TCP and UDP; other protocols have no ports. */
export const PROTOCOLS = ['tcp', 'udp'] as const;
export const Protocol = z.enum(PROTOCOLS, 'tcp or udp');
export type Protocol = z.infer<typeof Protocol>;

/** With `auto` the facts of the router decide (router/facts.ts). */
export const MASQUERADE = ['auto', 'always', 'never'] as const;
export const Masquerade = z.enum(MASQUERADE, 'auto, always or never');
export type Masquerade = z.infer<typeof Masquerade>;

/** ACTIVE: in the kernel. DOWN: stored, but not published. PENDING: not yet applied. */
export const STATUSES = ['ACTIVE', 'DOWN', 'PENDING'] as const;
export const Status = z.enum(STATUSES);
export type Status = z.infer<typeof Status>;

const ROUTER_ID_FORMAT = 'a router UUID or a namespace name';

/**
 * The UUID of a Neutron router, or the name of any other network namespace. It becomes a file name and a namespace path, so
 * it never contains a path separator or begins with a dot.
 */
export const RouterId = z.string(ROUTER_ID_FORMAT).regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, ROUTER_ID_FORMAT);

const ROUTER_REFERENCE_FORMAT = 'the UUID or name of a router, or the name of a namespace';

/** What names a router in a request. Tenants choose names in OpenStack, but one that reads as a path is refused. */
export const RouterReference = Text.regex(/^(?!\.{1,2}$)[^/]+$/, ROUTER_REFERENCE_FORMAT);

const MAPPING_REFERENCE_FORMAT = 'the ID of a mapping or its beginning';

/** What names a mapping in a request. */
export const MappingReference = z
  .string(MAPPING_REFERENCE_FORMAT)
  .regex(/^[0-9A-Za-z-]{1,64}$/, MAPPING_REFERENCE_FORMAT);

/** Set by the monitor while the server cannot be reached because of the state of OpenStack. */
export const Suspension = z.strictObject({
  reason: Reason,
  /** True when the rules are removed meanwhile, because the address may belong to another server. False when they stay. */
  rules_removed: z.boolean(),
});
export type Suspension = z.infer<typeof Suspension>;

export const Mapping = z.strictObject({
  id: z.uuid(),
  router_id: RouterId,
  project_id: StoredText.nullable(),
  protocol: Protocol,
  router_port: Port,
  gateway_ip: Ipv4,
  server_ip: Ipv4,
  server_port: Port,
  server_id: z.uuid().nullable(),
  port_id: z.uuid().nullable(),
  name: StoredText,
  description: StoredText,
  allowed_cidrs: Cidrs,
  masquerade: Masquerade,
  expires_at: Time.nullable(),
  enabled: z.boolean('true or false'),
  /** True when the security groups of the port follow the mapping: rules for what it allows, while it publishes. */
  open_security_group: z.boolean('true or false'),
  /** The security group rules that the mapping has. */
  security_group_rule_ids: z.array(z.uuid()),
  suspension: Suspension.nullable(),
  status: Status,
  /** Null while it is ACTIVE, and while it is PENDING for any other reason than its expiry. */
  status_code: ReasonCode.nullable(),
  /** The sentence of the code; empty without one. */
  status_reason: z.string(),
  created_at: Time,
  updated_at: Time,
});
export type Mapping = z.infer<typeof Mapping>;

export type StatusFields = Readonly<Pick<Mapping, 'status' | 'status_code' | 'status_reason'>>;
/** The status of a mapping that was changed and is not yet applied. */
export const PENDING: StatusFields = { status: 'PENDING', status_code: null, status_reason: '' };

/** The optional fields of a new mapping, with their defaults. */
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

/** A new mapping whose router and server are resolved. Its values are already parsed. */
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
    | 'open_security_group'
    | 'security_group_rule_ids'
  > {
  /** Undefined: the next free port. */
  readonly router_port?: number | undefined;
  /** Undefined: the first gateway address of the router. */
  readonly gateway_ip?: string | undefined;
  /** The gateway address according to Neutron, for a router that has none on this node: a standby HA instance, or a new router. */
  readonly expectedGatewayIp?: string | undefined;
  /** Undefined: the configured default. */
  readonly masquerade?: Masquerade | undefined;
}

/** The fields that an update may change. */
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

/** True when the mapping belongs into the kernel at `now`, provided that its router is on this node. */
export function isEffective(mapping: Pick<Mapping, 'enabled' | 'expires_at' | 'suspension'>, now: Date): boolean {
  return mapping.enabled && !isExpired(mapping, now) && mapping.suspension?.rules_removed !== true;
}

/** The server address of a mapping, with the Neutron port and the server that have it. */
export type TargetIdentity = Pick<Mapping, 'server_ip' | 'server_id' | 'port_id'>;

/** True when the update publishes another port, or to more clients or for longer: then the owner of the address is checked again. */
export function widensAccess(before: Mapping, patch: MappingPatch): boolean {
  const { enabled, server_port = before.server_port, router_port = before.router_port } = patch;
  const { allowed_cidrs = before.allowed_cidrs, expires_at = before.expires_at } = patch;
  return (
    enabled === true ||
    server_port !== before.server_port ||
    router_port !== before.router_port ||
    !isWithin(allowed_cidrs, before.allowed_cidrs) ||
    endOf(expires_at) > endOf(before.expires_at)
  );
}

/** True when the update may need other security group rules. */
export function affectsGroups({ server_ip, server_port, allowed_cidrs, expires_at, enabled }: MappingPatch): boolean {
  return [server_ip, server_port, allowed_cidrs, expires_at, enabled].some((value) => value !== undefined);
}

/** True when the second networks allow all clients of the first; none are any source. */
function isWithin(some: readonly string[], all: readonly string[]): boolean {
  return all.length === 0 || (some.length > 0 && some.every((cidr) => isCovered(cidr, all)));
}

function endOf(expiresAt: string | null): number {
  return expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
}

/** The IDs of the mapping and of its resources in OpenStack: a notification about one of them may concern the mapping. */
export function relatedIds({ id, router_id, port_id, server_id, project_id }: Mapping): readonly string[] {
  return [id, router_id, port_id, server_id, project_id].filter((value) => value !== null);
}
