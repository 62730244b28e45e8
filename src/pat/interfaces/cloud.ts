/**
 * What the domain needs to know of the cloud around a node, as an operator with a view of everything sees it. Whether
 * something belongs to whoever asks is decided here in pat/, never by the adapter. Every answer is fresh: the adapter may
 * keep connections and its own token, but no answer about who owns what.
 */

/** A Neutron router. */
export interface CloudRouter {
  readonly id: string;
  readonly name: string;
  readonly project_id: string;
  /** Neutron's admin_state_up. */
  readonly isUp: boolean;
  /** Neutron's word, such as ACTIVE. */
  readonly status: string;
  /** IPv4 addresses of its external gateway, in Neutron's order; none when no gateway is set. */
  readonly gateway_ips: readonly string[];
  readonly isHa: boolean;
  readonly isDistributed: boolean;
}

export interface FixedIp {
  /** IPv4 or IPv6. */
  readonly ip_address: string;
  readonly subnet_id: string;
}

/** A Neutron port, of a server, of a router, or of anything else. */
export interface CloudPort {
  readonly id: string;
  readonly name: string;
  /** Empty for a router's gateway port. */
  readonly project_id: string;
  readonly network_id: string;
  /** The server or router it belongs to; empty when there is none. */
  readonly device_id: string;
  /** Such as `compute:nova`, `network:router_interface`; empty when there is none. */
  readonly device_owner: string;
  readonly fixed_ips: readonly FixedIp[];
  readonly isUp: boolean;
  /** Neutron's word: ACTIVE, DOWN, BUILD. */
  readonly status: string;
  /** The node it is bound on; empty while it is not bound. */
  readonly host: string;
  readonly hasPortSecurity: boolean;
  readonly security_group_ids: readonly string[];
}

/** A Nova server. */
export interface CloudServer {
  readonly id: string;
  readonly name: string;
  readonly project_id: string;
  /** Nova's word: ACTIVE, SHUTOFF, ERROR … */
  readonly status: string;
}

export interface CloudFloatingIp {
  readonly id: string;
  readonly address: string;
  readonly project_id: string;
  /** The port it leads to; null while it leads nowhere. */
  readonly port_id: string | null;
  readonly router_id: string | null;
}

/** A rule of a security group. What is null is not restricted. */
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
  /** Null: from anywhere. */
  readonly remote_ip_prefix: string | null;
  readonly description: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly project_id: string;
}

/** The L3 agent of a node that has the router. */
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
  /** Of any of these servers or routers. */
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
 * Every method throws CLOUD_UNAVAILABLE when the cloud cannot answer now, CLOUD_REFUSED when it answers that praas may not,
 * CLOUD_BAD_RESPONSE when what it says is not what such an API says. What is not there is undefined or missing in a list,
 * never an error. Lists are whole: all pages.
 */
export interface Cloud {
  router(id: string): Promise<CloudRouter | undefined>;
  routers(filter?: RouterFilter): Promise<readonly CloudRouter[]>;
  routerHosts(router_id: string): Promise<readonly RouterHost[]>;
  port(id: string): Promise<CloudPort | undefined>;
  ports(filter: PortFilter): Promise<readonly CloudPort[]>;
  server(id: string): Promise<CloudServer | undefined>;
  servers(filter?: ServerFilter): Promise<readonly CloudServer[]>;
  /** The same with no more than their IDs, which Nova finds in half the time. Whose they are is for their ports to say. */
  serverIds(filter: ServerFilter & { readonly name: string }): Promise<readonly string[]>;
  /** IDs of all projects. Throws CLOUD_REFUSED where the account may not list them. */
  projectIds(): Promise<readonly string[]>;
  /** False only when Keystone says that there is no such project. */
  hasProject(id: string): Promise<boolean>;
  floatingIps(filter?: { readonly project_id?: string }): Promise<readonly CloudFloatingIp[]>;
  securityGroups(ids: readonly string[]): Promise<readonly SecurityGroup[]>;
  securityGroupRules(groupIds: readonly string[]): Promise<readonly SecurityGroupRule[]>;
  /** Gives the new rule's id. Throws CLOUD_REFUSED also when there is such a rule already. */
  addSecurityGroupRule(rule: NewSecurityGroupRule): Promise<string>;
  /** One that is not there any more is no error. */
  removeSecurityGroupRule(id: string): Promise<void>;
}
