/** The Cloud, implemented with Neutron, Nova and Keystone. It caches nothing: each result is as fresh as the services give it. */
import * as z from 'zod';
import { praasError } from '../core/errors/errors.ts';
import type {
  Cloud,
  CloudFloatingIp,
  CloudPort,
  CloudRouter,
  CloudServer,
  NewSecurityGroupRule,
  PortFilter,
  RouterFilter,
  RouterHost,
  SecurityGroup,
  SecurityGroupRule,
  ServerFilter,
} from '../pat/interfaces/cloud.ts';
import { exactly, ListedServer, Server } from './compute.ts';
import { FloatingIp, Group, GroupRule, Host, PORT_FIELDS, Port, ROUTER_FIELDS, Router } from './network.ts';
import { type Listing, listAll } from './pages.ts';
import { isFound } from './responses.ts';
import type { Session } from './session.ts';

/** Limits the length of a URL to what services and proxies accept. */
const MAX_IDS_PER_REQUEST = 50;
const NOT_FOUND = 404;

/** A project of Keystone. */
const Project = z.object({ id: z.string() });

type Query = readonly (readonly [string, string])[];

export class OpenStackCloud implements Cloud {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async router(id: string): Promise<CloudRouter | undefined> {
    const path = `/routers/${encodeURIComponent(id)}`;
    return (await this.#session.request('network', { path }, z.object({ router: Router })))?.router;
  }

  routers(filter: RouterFilter = {}): Promise<readonly CloudRouter[]> {
    return this.#network('routers', Router, [...filterQuery(filter), ...fieldsQuery(ROUTER_FIELDS)]);
  }

  async routerHosts(routerId: string): Promise<readonly RouterHost[]> {
    const path = `/routers/${encodeURIComponent(routerId)}/l3-agents`;
    return (await this.#session.request('network', { path }, z.object({ agents: z.array(Host) })))?.agents ?? [];
  }

  async port(id: string): Promise<CloudPort | undefined> {
    const path = `/ports/${encodeURIComponent(id)}`;
    return (await this.#session.request('network', { path }, z.object({ port: Port })))?.port;
  }

  async ports({ ids, deviceIds, networkIds, ip_address, project_id }: PortFilter): Promise<readonly CloudPort[]> {
    const common: Query = [
      ...filterQuery({ project_id }),
      ...(ip_address === undefined ? [] : [['fixed_ips', `ip_address=${ip_address}`] as const]),
      ...fieldsQuery(PORT_FIELDS),
    ];
    const several = Object.entries({ id: ids, device_id: deviceIds, network_id: networkIds }).filter(
      ([, values]) => values !== undefined,
    ) as [string, readonly string[]][];
    // An empty list matches no port; leaving the filter out would match all.
    if (several.some(([, values]) => values.length === 0)) return [];
    const [longest, ...others] = several.toSorted(([, a], [, b]) => b.length - a.length);
    const rest: Query = [...common, ...others.flatMap(([name, values]) => repeatedQuery(name, values))];
    if (longest === undefined) return this.#network('ports', Port, rest);
    const [name, values] = longest;
    const lists = await Promise.all(
      chunks(values).map((some) => this.#network('ports', Port, [...repeatedQuery(name, some), ...rest])),
    );
    return lists.flat();
  }

  async server(id: string): Promise<CloudServer | undefined> {
    const path = `/servers/${encodeURIComponent(id)}`;
    return (await this.#session.request('compute', { path }, z.object({ server: Server })))?.server;
  }

  async servers({ project_id, name }: ServerFilter = {}): Promise<readonly CloudServer[]> {
    const query = filterQuery({ all_tenants: '1', project_id, name: name === undefined ? undefined : exactly(name) });
    const listing: Listing<CloudServer> = {
      service: 'compute',
      path: '/servers/detail',
      key: 'servers',
      schema: Server,
      query,
    };
    const servers = await listAll(this.#session, listing);
    // Nova ignores the filters for an account that is not an admin, and lists its own project.
    return servers.filter(
      (server) =>
        (name === undefined || server.name === name) && (project_id === undefined || server.project_id === project_id),
    );
  }

  async serverIds({ project_id, name }: ServerFilter & { readonly name: string }): Promise<readonly string[]> {
    const query = filterQuery({ all_tenants: '1', project_id, name: exactly(name) });
    const listing = { service: 'compute', path: '/servers', key: 'servers', schema: ListedServer, query } as const;
    const servers = await listAll(this.#session, listing);
    return servers.filter((server) => server.name === name).map(({ id }) => id);
  }

  async projectIds(): Promise<readonly string[]> {
    const listing = { service: 'identity', path: '/projects', key: 'projects', schema: Project } as const;
    return (await listAll(this.#session, listing)).map(({ id }) => id);
  }

  async hasProject(id: string): Promise<boolean> {
    const path = `/projects/${encodeURIComponent(id)}`;
    return (await this.#session.request('identity', { path }, z.object({ project: Project }))) !== undefined;
  }

  floatingIps(filter: { readonly project_id?: string } = {}): Promise<readonly CloudFloatingIp[]> {
    return this.#network('floatingips', FloatingIp, filterQuery(filter));
  }

  async securityGroups(ids: readonly string[]): Promise<readonly SecurityGroup[]> {
    const query = (some: readonly string[]): Query => [
      ...repeatedQuery('id', some),
      ...fieldsQuery(['id', 'name', 'project_id']),
    ];
    const lists = chunks(ids).map((some) => this.#network('security_groups', Group, query(some), '/security-groups'));
    return (await Promise.all(lists)).flat();
  }

  securityGroupRules(groupIds: readonly string[]): Promise<readonly SecurityGroupRule[]> {
    return this.#rulesWith('security_group_id', groupIds);
  }

  async describedRules(descriptions: readonly string[]): Promise<readonly SecurityGroupRule[]> {
    const rules = await this.#rulesWith('description', descriptions);
    // A plugin without this filter lists all rules.
    return rules.filter(({ description }) => descriptions.includes(description));
  }

  async addSecurityGroupRule({ port, ...rule }: NewSecurityGroupRule): Promise<SecurityGroupRule> {
    const everything = { direction: 'ingress', ethertype: 'IPv4', port_range_min: port, port_range_max: port };
    const body = { security_group_rule: { ...rule, ...everything } };
    const schema = z.object({ security_group_rule: GroupRule });
    const request = { method: 'POST', path: '/security-group-rules', body } as const;
    const created = await this.#session.request('network', request, schema);
    if (created === undefined)
      throw praasError('CLOUD_REFUSED', { service: 'network', status: NOT_FOUND, reason: 'no such security group' });
    return created.security_group_rule;
  }

  async removeSecurityGroupRule(id: string): Promise<void> {
    const path = `/security-group-rules/${encodeURIComponent(id)}`;
    isFound(await this.#session.send('network', { method: 'DELETE', path }), 'network');
  }

  async #rulesWith(name: string, values: readonly string[]): Promise<readonly SecurityGroupRule[]> {
    const lists = chunks(values).map((some) =>
      this.#network('security_group_rules', GroupRule, repeatedQuery(name, some), '/security-group-rules'),
    );
    return (await Promise.all(lists)).flat();
  }

  #network<T>(key: string, schema: z.ZodType<T>, query: Query, path = `/${key}`): Promise<T[]> {
    return listAll(this.#session, { service: 'network', path, key, schema, query });
  }
}

function filterQuery(filter: object): Query {
  return Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
}

function repeatedQuery(name: string, values: readonly string[]): Query {
  return values.map((value) => [name, value] as const);
}

function fieldsQuery(names: readonly string[]): Query {
  return repeatedQuery('fields', names);
}

function chunks(values: readonly string[]): string[][] {
  const count = Math.ceil(values.length / MAX_IDS_PER_REQUEST);
  return Array.from({ length: count }, (_, index) =>
    values.slice(index * MAX_IDS_PER_REQUEST, (index + 1) * MAX_IDS_PER_REQUEST),
  );
}
