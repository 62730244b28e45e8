/**
 * The cloud around a node, as an account that sees all projects sees it. The rooms of pat/ decide what a requester may see;
 * the adapter never does. Every answer is read anew: the adapter may keep connections and its own token, but no answer.
 * Fields that OpenStack's APIs have keep their names.
 */

/** A Neutron router. */
export interface CloudRouter {
  readonly id: string;
  readonly name: string;
  readonly project_id: string;
  /** Neutron's admin_state_up. */
  readonly isUp: boolean;
  /** As Neutron names it, such as ACTIVE. */
  readonly status: string;
  /** IPv4 addresses of its external gateway, in the order of Neutron; empty without a gateway. */
  readonly gateway_ips: readonly string[];
  readonly isHa: boolean;
  readonly isDistributed: boolean;
}

interface FixedIp {
  /** IPv4 or IPv6. */
  readonly ip_address: string;
  readonly subnet_id: string;
}

/** A Neutron port of a server, a router or any other device. */
export interface CloudPort {
  readonly id: string;
  readonly name: string;
  /** Empty for a router's gateway port. */
  readonly project_id: string;
  readonly network_id: string;
  /** The ID of its server or router; empty when it has none. */
  readonly device_id: string;
  /** Such as `compute:nova` or `network:router_interface`; empty when it has none. */
  readonly device_owner: string;
  readonly fixed_ips: readonly FixedIp[];
  readonly isUp: boolean;
  /** As Neutron names it: ACTIVE, DOWN, BUILD. */
  readonly status: string;
  /** The host to which it is bound; empty while it is not bound. */
  readonly host: string;
  readonly hasPortSecurity: boolean;
  readonly security_group_ids: readonly string[];
}

/** A Nova server. */
export interface CloudServer {
  readonly id: string;
  readonly name: string;
  readonly project_id: string;
  /** As Nova names it: ACTIVE, SHUTOFF, ERROR … */
  readonly status: string;
}

export interface CloudFloatingIp {
  readonly id: string;
  readonly address: string;
  readonly project_id: string;
  /** The ID of its port; null while it is not associated. */
  readonly port_id: string | null;
  readonly router_id: string | null;
}

/** A rule of a security group. A null field does not restrict. */
export interface SecurityGroupRule {
  readonly id: string;
  readonly security_group_id: string;
  readonly project_id: string;
  readonly direction: string;
  /** IPv4 or IPv6. */
  readonly ethertype: string;
  /** A name or a number as text, such as tcp, udp, any or 6. */
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
  readonly remote_address_group_id: string | null;
  readonly description: string;
}

export interface NewSecurityGroupRule {
  readonly security_group_id: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Null: any source. */
  readonly remote_ip_prefix: string | null;
  readonly description: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly project_id: string;
}

/** A host whose L3 agent has the router. */
export interface RouterHost {
  readonly host: string;
  readonly isAlive: boolean;
  /** `active` or `standby` for an HA router, else null. */
  readonly ha_state: string | null;
}

export interface RouterFilter {
  readonly project_id?: string;
  readonly name?: string;
}

export interface PortFilter {
  readonly ids?: readonly string[];
  readonly project_id?: string;
  /** IDs of servers or routers; the ports of any of them match. */
  readonly deviceIds?: readonly string[];
  readonly networkIds?: readonly string[];
  readonly ip_address?: string;
}

export interface ServerFilter {
  readonly project_id?: string;
  /** The whole name. */
  readonly name?: string;
}

/**
 * Every method throws CLOUD_UNAVAILABLE when the cloud does not answer, CLOUD_REFUSED when the account of praas lacks the
 * permission, and CLOUD_BAD_RESPONSE for an unexpected response. A missing resource is undefined or absent from a list, never
 * an error. Lists have all pages.
 */
export interface Cloud {
  router(id: string): Promise<CloudRouter | undefined>;
  routers(filter?: RouterFilter): Promise<readonly CloudRouter[]>;
  routerHosts(routerId: string): Promise<readonly RouterHost[]>;
  port(id: string): Promise<CloudPort | undefined>;
  ports(filter: PortFilter): Promise<readonly CloudPort[]>;
  server(id: string): Promise<CloudServer | undefined>;
  servers(filter?: ServerFilter): Promise<readonly CloudServer[]>;
  /** As `servers`, but only the IDs, which Nova finds in half the time. The ports of the servers tell the project. */
  serverIds(filter: ServerFilter & { readonly name: string }): Promise<readonly string[]>;
  /** IDs of all projects. Throws CLOUD_REFUSED where the account may not list them. */
  projectIds(): Promise<readonly string[]>;
  /** False only when Keystone answers that the project does not exist. */
  hasProject(id: string): Promise<boolean>;
  floatingIps(filter?: { readonly project_id?: string }): Promise<readonly CloudFloatingIp[]>;
  securityGroups(ids: readonly string[]): Promise<readonly SecurityGroup[]>;
  securityGroupRules(groupIds: readonly string[]): Promise<readonly SecurityGroupRule[]>;
  /** The rules with one of these descriptions, in any group. */
  describedRules(descriptions: readonly string[]): Promise<readonly SecurityGroupRule[]>;
  /**
   * Gives the new rule. Throws CLOUD_REFUSED (409) also when the group has an equal rule, whatever its description; no source is
   * the same as 0.0.0.0/0.
   */
  addSecurityGroupRule(rule: NewSecurityGroupRule): Promise<SecurityGroupRule>;
  /** A rule that is already deleted is no error. */
  removeSecurityGroupRule(id: string): Promise<void>;
}
