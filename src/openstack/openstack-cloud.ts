/** The Cloud of the domain, asked of Neutron and Nova. It keeps nothing: every answer is as fresh as the services give it. */
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
import { isThere } from './answers.ts';
import { exactly, ListedServer, Server } from './compute.ts';
import { FloatingIp, Group, GroupRule, Host, PORT_FIELDS, Port, ROUTER_FIELDS, Router } from './network.ts';
import { type Listing, listAll } from './pages.ts';
import type { Session } from './session.ts';

/** A URL gets no longer than services and proxies take. */
const IDS_AT_ONCE = 50;
const NOT_FOUND = 404;

/** Of Keystone's. */
const Project = z.object({ id: z.string() });

type Query = readonly (readonly [string, string])[];

export class OpenStackCloud implements Cloud {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async router(id: string): Promise<CloudRouter | undefined> {
    const path = `/routers/${encodeURIComponent(id)}`;
    return (await this.#session.ask('network', { path }, z.object({ router: Router })))?.router;
  }

  routers(filter: RouterFilter = {}): Promise<readonly CloudRouter[]> {
    return this.#network('routers', Router, [...entries(filter), ...fields(ROUTER_FIELDS)]);
  }

  async routerHosts(router_id: string): Promise<readonly RouterHost[]> {
    const path = `/routers/${encodeURIComponent(router_id)}/l3-agents`;
    return (await this.#session.ask('network', { path }, z.object({ agents: z.array(Host) })))?.agents ?? [];
  }

  async port(id: string): Promise<CloudPort | undefined> {
    const path = `/ports/${encodeURIComponent(id)}`;
    return (await this.#session.ask('network', { path }, z.object({ port: Port })))?.port;
  }

  async ports({ ids, deviceIds, networkIds, ip_address, project_id }: PortFilter): Promise<readonly CloudPort[]> {
    const common: Query = [
      ...entries({ project_id }),
      ...(ip_address === undefined ? [] : [['fixed_ips', `ip_address=${ip_address}`] as const]),
      ...fields(PORT_FIELDS),
    ];
    const several = Object.entries({ id: ids, device_id: deviceIds, network_id: networkIds }).filter(
      ([, values]) => values !== undefined,
    ) as [string, readonly string[]][];
    // Of none of these: no filter at all would be the contrary.
    if (several.some(([, values]) => values.length === 0)) return [];
    const [long, ...others] = several.toSorted(([, a], [, b]) => b.length - a.length);
    const rest: Query = [...common, ...others.flatMap(([name, values]) => repeated(name, values))];
    if (long === undefined) return this.#network('ports', Port, rest);
    const [name, values] = long;
    const lists = await Promise.all(
      chunks(values).map((some) => this.#network('ports', Port, [...repeated(name, some), ...rest])),
    );
    return lists.flat();
  }

  async server(id: string): Promise<CloudServer | undefined> {
    const path = `/servers/${encodeURIComponent(id)}`;
    return (await this.#session.ask('compute', { path }, z.object({ server: Server })))?.server;
  }

  async servers({ project_id, name }: ServerFilter = {}): Promise<readonly CloudServer[]> {
    const query = entries({ all_tenants: '1', project_id, name: name === undefined ? undefined : exactly(name) });
    const listing: Listing<CloudServer> = {
      service: 'compute',
      path: '/servers/detail',
      key: 'servers',
      schema: Server,
      query,
    };
    const found = await listAll(this.#session, listing);
    // A service user that is no admin sees its own project whatever it asks for.
    return found.filter(
      (server) =>
        (name === undefined || server.name === name) && (project_id === undefined || server.project_id === project_id),
    );
  }

  async serverIds({ project_id, name }: ServerFilter & { readonly name: string }): Promise<readonly string[]> {
    const query = entries({ all_tenants: '1', project_id, name: exactly(name) });
    const listing = { service: 'compute', path: '/servers', key: 'servers', schema: ListedServer, query } as const;
    const found = await listAll(this.#session, listing);
    return found.filter((server) => server.name === name).map(({ id }) => id);
  }

  async projectIds(): Promise<readonly string[]> {
    const listing = { service: 'identity', path: '/projects', key: 'projects', schema: Project } as const;
    return (await listAll(this.#session, listing)).map(({ id }) => id);
  }

  async hasProject(id: string): Promise<boolean> {
    const path = `/projects/${encodeURIComponent(id)}`;
    return (await this.#session.ask('identity', { path }, z.object({ project: Project }))) !== undefined;
  }

  floatingIps(filter: { readonly project_id?: string } = {}): Promise<readonly CloudFloatingIp[]> {
    return this.#network('floatingips', FloatingIp, entries(filter));
  }

  async securityGroups(ids: readonly string[]): Promise<readonly SecurityGroup[]> {
    const query = (some: readonly string[]): Query => [
      ...repeated('id', some),
      ...fields(['id', 'name', 'project_id']),
    ];
    const lists = chunks(ids).map((some) => this.#network('security_groups', Group, query(some), '/security-groups'));
    return (await Promise.all(lists)).flat();
  }

  async securityGroupRules(groupIds: readonly string[]): Promise<readonly SecurityGroupRule[]> {
    const lists = chunks(groupIds).map((some) =>
      this.#network('security_group_rules', GroupRule, repeated('security_group_id', some), '/security-group-rules'),
    );
    return (await Promise.all(lists)).flat();
  }

  async addSecurityGroupRule(rule: NewSecurityGroupRule): Promise<string> {
    const { port, ...rest } = rule;
    const security_group_rule = {
      ...rest,
      direction: 'ingress',
      ethertype: 'IPv4',
      port_range_min: port,
      port_range_max: port,
    };
    const path = '/security-group-rules';
    const schema = z.object({ security_group_rule: z.object({ id: z.string() }) });
    const made = await this.#session.ask('network', { method: 'POST', path, body: { security_group_rule } }, schema);
    if (made === undefined)
      throw praasError('CLOUD_REFUSED', { service: 'network', status: NOT_FOUND, reason: 'no such security group' });
    return made.security_group_rule.id;
  }

  async removeSecurityGroupRule(id: string): Promise<void> {
    const path = `/security-group-rules/${encodeURIComponent(id)}`;
    isThere(await this.#session.send('network', { method: 'DELETE', path }), 'network');
  }

  #network<T>(key: string, schema: z.ZodType<T>, query: Query, path = `/${key}`): Promise<T[]> {
    return listAll(this.#session, { service: 'network', path, key, schema, query });
  }
}

function entries(filter: object): Query {
  return Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
}

function repeated(name: string, values: readonly string[]): Query {
  return values.map((value) => [name, value] as const);
}

function fields(names: readonly string[]): Query {
  return repeated('fields', names);
}

function chunks(values: readonly string[]): string[][] {
  const count = Math.ceil(values.length / IDS_AT_ONCE);
  return Array.from({ length: count }, (_, index) => values.slice(index * IDS_AT_ONCE, (index + 1) * IDS_AT_ONCE));
}
