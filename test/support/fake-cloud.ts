/** A cloud in memory: two projects with the same subnet and server address, each with its own router. */
import { praasError } from '../../src/pat/errors.ts';
import type {
  Cloud,
  CloudFloatingIp,
  CloudPort,
  CloudRouter,
  CloudServer,
  NewSecurityGroupRule,
  PortFilter,
  RouterHost,
  SecurityGroup,
  SecurityGroupRule,
} from '../../src/pat/interfaces/cloud.ts';
import { GATEWAY, idOf, ROUTER } from './samples.ts';

export const DEMO = 'de300000000040008000000000000001';
export const OTHER = '0e300000000040008000000000000002';

export const WEB = idOf(101);
export const WEB_PORT = idOf(111);
export const OTHERWEB = idOf(201);
export const OTHERWEB_PORT = idOf(211);
export const OTHER_ROUTER = idOf(220);
const NETWORK = idOf(130);
export const SUBNET = idOf(131);
const OTHER_NETWORK = idOf(230);
const OTHER_SUBNET = idOf(231);
const PUBLIC = idOf(140);
const ANYWHERE = '0.0.0.0/0';

export function portOf(fields: Partial<CloudPort> & Pick<CloudPort, 'id'>): CloudPort {
  return {
    name: '',
    project_id: DEMO,
    network_id: NETWORK,
    device_id: WEB,
    device_owner: 'compute:nova',
    fixed_ips: [{ ip_address: '10.20.0.51', subnet_id: SUBNET }],
    isUp: true,
    status: 'ACTIVE',
    host: 'node-1',
    hasPortSecurity: true,
    security_group_ids: [idOf(150)],
    ...fields,
  };
}

export function routerOf(fields: Partial<CloudRouter> & Pick<CloudRouter, 'id' | 'name'>): CloudRouter {
  return {
    project_id: DEMO,
    isUp: true,
    status: 'ACTIVE',
    gateway_ips: [GATEWAY],
    isHa: false,
    isDistributed: false,
    ...fields,
  };
}

export const gatewayPort = (id: string, device_id: string, ip_address: string): CloudPort =>
  portOf({
    id,
    device_id,
    device_owner: 'network:router_gateway',
    project_id: '',
    network_id: PUBLIC,
    fixed_ips: [{ ip_address, subnet_id: idOf(141) }],
  });

export const interfacePort = (id: string, device_id: string, rest: Partial<CloudPort>): CloudPort =>
  portOf({ id, device_id, device_owner: 'network:router_interface', ...rest });

export class FakeCloud implements Cloud {
  readonly itsRouters: CloudRouter[] = [
    routerOf({ id: ROUTER, name: 'edge' }),
    routerOf({ id: OTHER_ROUTER, name: 'edge-other', project_id: OTHER, gateway_ips: ['203.0.113.20'] }),
  ];
  readonly itsPorts: CloudPort[] = [
    portOf({ id: WEB_PORT }),
    gatewayPort(idOf(112), ROUTER, GATEWAY),
    interfacePort(idOf(113), ROUTER, { fixed_ips: [{ ip_address: '10.20.0.1', subnet_id: SUBNET }] }),
    portOf({
      id: OTHERWEB_PORT,
      device_id: OTHERWEB,
      project_id: OTHER,
      network_id: OTHER_NETWORK,
      fixed_ips: [{ ip_address: '10.20.0.51', subnet_id: OTHER_SUBNET }],
    }),
    gatewayPort(idOf(212), OTHER_ROUTER, '203.0.113.20'),
    interfacePort(idOf(213), OTHER_ROUTER, {
      project_id: OTHER,
      network_id: OTHER_NETWORK,
      fixed_ips: [{ ip_address: '10.20.0.1', subnet_id: OTHER_SUBNET }],
    }),
  ];
  readonly itsServers: CloudServer[] = [
    { id: WEB, name: 'web', project_id: DEMO, status: 'ACTIVE' },
    { id: OTHERWEB, name: 'web', project_id: OTHER, status: 'ACTIVE' },
  ];
  readonly itsFloatingIps: CloudFloatingIp[] = [];
  readonly itsGroups: SecurityGroup[] = [{ id: idOf(150), name: 'web', project_id: DEMO }];
  readonly itsRules: SecurityGroupRule[] = [];
  readonly itsProjects: string[] = [DEMO, OTHER];
  readonly itsHosts: RouterHost[] = [{ host: 'node-1', isAlive: true, ha_state: null }];
  /** All requests, by the name of the method. */
  readonly asked: string[] = [];
  isAway = false;
  #rulesMade = 0;

  /** Replaces fields of a port; ports that were read before stay unchanged. */
  changePort(id: string, fields: Partial<CloudPort>): void {
    const index = this.itsPorts.findIndex((port) => port.id === id);
    const port = this.itsPorts[index];
    if (port) this.itsPorts[index] = { ...port, ...fields };
  }

  async router(id: string): Promise<CloudRouter | undefined> {
    return this.#answer('router', this.itsRouters).find((router) => router.id === id);
  }

  async routers(filter: { project_id?: string; name?: string } = {}): Promise<readonly CloudRouter[]> {
    return this.#answer('routers', this.itsRouters).filter((router) => fits(router, filter));
  }

  async routerHosts(): Promise<readonly RouterHost[]> {
    return this.#answer('routerHosts', this.itsHosts);
  }

  async port(id: string): Promise<CloudPort | undefined> {
    return this.#answer('port', this.itsPorts).find((port) => port.id === id);
  }

  async ports({ ids, deviceIds, networkIds, ip_address, ...rest }: PortFilter): Promise<readonly CloudPort[]> {
    return this.#answer('ports', this.itsPorts).filter(
      (port) =>
        fits(port, rest) &&
        (ids?.includes(port.id) ?? true) &&
        (deviceIds?.includes(port.device_id) ?? true) &&
        (networkIds?.includes(port.network_id) ?? true) &&
        (ip_address === undefined || port.fixed_ips.some((fixed) => fixed.ip_address === ip_address)),
    );
  }

  async server(id: string): Promise<CloudServer | undefined> {
    return this.#answer('server', this.itsServers).find((server) => server.id === id);
  }

  async servers(filter: { project_id?: string; name?: string } = {}): Promise<readonly CloudServer[]> {
    return this.#answer('servers', this.itsServers).filter((server) => fits(server, filter));
  }

  async serverIds(filter: { project_id?: string; name: string }): Promise<readonly string[]> {
    return this.#answer('serverIds', this.itsServers)
      .filter((server) => fits(server, filter))
      .map(({ id }) => id);
  }

  async projectIds(): Promise<readonly string[]> {
    return this.#answer('projectIds', this.itsProjects);
  }

  async hasProject(id: string): Promise<boolean> {
    return this.#answer('hasProject', this.itsProjects).includes(id);
  }

  async floatingIps(filter: { project_id?: string } = {}): Promise<readonly CloudFloatingIp[]> {
    return this.#answer('floatingIps', this.itsFloatingIps).filter((floating) => fits(floating, filter));
  }

  async securityGroups(ids: readonly string[]): Promise<readonly SecurityGroup[]> {
    return this.#answer('securityGroups', this.itsGroups).filter(({ id }) => ids.includes(id));
  }

  async securityGroupRules(groupIds: readonly string[]): Promise<readonly SecurityGroupRule[]> {
    return this.#answer('securityGroupRules', this.itsRules).filter((rule) =>
      groupIds.includes(rule.security_group_id),
    );
  }

  async describedRules(descriptions: readonly string[]): Promise<readonly SecurityGroupRule[]> {
    return this.#answer('describedRules', this.itsRules).filter(({ description }) =>
      descriptions.includes(description),
    );
  }

  /** As Neutron, takes no rule that is equal to another one in everything but its description. */
  async addSecurityGroupRule({ port, ...rule }: NewSecurityGroupRule): Promise<SecurityGroupRule> {
    const rules = this.#answer('addSecurityGroupRule', this.itsRules);
    const same = rules.some(
      (each) =>
        each.security_group_id === rule.security_group_id &&
        each.direction === 'ingress' &&
        each.protocol === rule.protocol &&
        each.port_range_min === port &&
        each.port_range_max === port &&
        (each.remote_ip_prefix ?? ANYWHERE) === (rule.remote_ip_prefix ?? ANYWHERE),
    );
    const reason = 'Security group rule already exists.';
    if (same) throw praasError('CLOUD_REFUSED', { service: 'network', status: 409, reason });
    const created = {
      direction: 'ingress',
      ethertype: 'IPv4',
      remote_group_id: null,
      remote_address_group_id: null,
      ...rule,
      id: idOf(900 + this.#rulesMade++),
      project_id: DEMO,
      port_range_min: port,
      port_range_max: port,
    };
    rules.push(created);
    return created;
  }

  async removeSecurityGroupRule(id: string): Promise<void> {
    const rules = this.#answer('removeSecurityGroupRule', this.itsRules);
    const index = rules.findIndex((rule) => rule.id === id);
    if (index >= 0) rules.splice(index, 1);
  }

  #answer<T>(question: string, answer: T): T {
    this.asked.push(question);
    if (this.isAway) throw praasError('CLOUD_UNAVAILABLE', { service: 'network', reason: 'nothing listens there' });
    return answer;
  }
}

function fits(thing: object, filter: object): boolean {
  return Object.entries(filter).every(([name, value]) => (thing as Record<string, unknown>)[name] === value);
}
