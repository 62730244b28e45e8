/** What the tests find: an outside network, and two tenants whose networks and servers have the same addresses. */
import { existsSync } from 'node:fs';
import { Api, type Json, type User } from './api.ts';
import { OUTSIDE, OUTSIDE_IP, OUTSIDE_NETWORK } from './place.ts';
import { createServer } from './servers.ts';
import { run, say, succeeds, until } from './shell.ts';

const INSIDE_NETWORK = '10.20.0.0/24';
const WEB_IP = '10.20.0.51';
const DB_IP = '10.20.0.52';
/** What the security group `web` lets in; nothing else comes through, not even a ping. */
const OPEN = [
  ['tcp', 22],
  ['tcp', 80],
  ['tcp', 8080],
  ['udp', 53],
] as const;

/** Owners of a router's ports in tenants' networks. Its gateway and its way to its other instances go with it. */
const INTERFACES = ['network:router_interface', 'network:ha_router_replicated_interface'];

export interface NewRouter {
  readonly name: string;
  readonly project?: User;
  readonly gateway?: boolean;
  readonly ha?: boolean;
  /** Subnet to which it gets an interface, by name. */
  readonly subnet?: string;
}

/** Makes what is missing of it. May be called again at any time. */
export async function createTopology(): Promise<void> {
  await createOutside();
  const demo = createTenant('demo', 'edge').then(() =>
    Promise.all([createServer({ name: 'web', ip: WEB_IP }), createServer({ name: 'db', ip: DB_IP })]),
  );
  const other = createTenant('other', 'edge-other').then(() =>
    createServer({ name: 'otherweb', project: 'other', ip: WEB_IP }),
  );
  await Promise.all([demo, other]);
  await Promise.all([untilRouted('edge'), untilRouted('edge-other')]);
}

/** Gives its ID. A router of that name is only set up again, and given a gateway again, when a test left it without. */
export async function createRouter({ name, project = 'demo', gateway, ha, subnet }: NewRouter): Promise<string> {
  const tenant = new Api(project);
  const admin = new Api('admin');
  const outside = gateway && (await admin.find('network', 'networks', 'public'));
  const gatewayInfo = outside && { external_gateway_info: { network_id: outside.id } };
  const wish = { name, ...gatewayInfo };
  // Only an administrator may ask for one that is highly available, or may not be it.
  const owner = ha === undefined ? undefined : (await admin.find('identity', 'projects', project)).id;
  const router =
    ha === undefined
      ? await tenant.ensure('network', 'routers', 'router', wish)
      : await admin.ensure('network', 'routers', 'router', { ...wish, ha, project_id: owner });
  const isWithout = outside && router.external_gateway_info === null;
  if (isWithout || !router.admin_state_up) {
    const change = { admin_state_up: true, ...(isWithout && gatewayInfo) };
    await admin.call('network', 'PUT', `/routers/${router.id}`, { router: change });
  }
  if (subnet !== undefined) {
    const { id: subnet_id } = await tenant.find('network', 'subnets', subnet);
    await tenant.ask('network', 'PUT', `/routers/${router.id}/add_router_interface`, { subnet_id });
  }
  say(`router ${name}: ${router.id}`);
  return router.id;
}

export async function deleteRouter(name: string): Promise<void> {
  const admin = new Api('admin');
  const router = await admin.find('network', 'routers', name);
  if (!router) return;
  const { ports } = await admin.call('network', 'GET', `/ports?device_id=${router.id}`);
  for (const port of ports as Json[]) {
    if (!INTERFACES.includes(port.device_owner)) continue;
    await admin.call('network', 'PUT', `/routers/${router.id}/remove_router_interface`, { port_id: port.id });
  }
  await admin.call('network', 'DELETE', `/routers/${router.id}`);
  await until(`the namespace of ${name} is gone`, 60, async () => !existsSync(`/run/netns/qrouter-${router.id}`));
  say(`router ${name}: deleted`);
}

/** Waits until the router carries packets on this node: it has its rules, and its gateway, if any, answers from outside. */
export async function untilRouted(name: string): Promise<void> {
  await untilHere(await new Api('admin').find('network', 'routers', name));
}

/** The same for all that have a gateway, also those of other tests. One that does not come is only reported. */
export async function untilAllRouted(): Promise<void> {
  const { routers } = await new Api('admin').call('network', 'GET', '/routers?admin_state_up=true');
  const silent = (error: unknown): void => say(error instanceof Error ? error.message : String(error));
  const outward = (routers as Json[]).filter((router) => router.external_gateway_info !== null);
  await Promise.all(outward.map((router) => untilHere(router).catch(silent)));
}

async function untilHere({ id, name, external_gateway_info }: Json): Promise<void> {
  const [gateway] = external_gateway_info?.external_fixed_ips ?? [];
  const inside = (namespace: string): string[] => ['ip', 'netns', 'exec', namespace];
  await until(`router ${name} is on this node`, 60, async () => {
    if (!existsSync(`/run/netns/qrouter-${id}`)) return false;
    const rules = await run([...inside(`qrouter-${id}`), 'iptables-save', '-t', 'nat']);
    if (!rules.includes('neutron-l3-agent-PREROUTING')) return false;
    return gateway === undefined || succeeds(...inside(OUTSIDE), 'ping', '-c1', '-W1', gateway.ip_address);
  });
}

async function createOutside(): Promise<void> {
  const admin = new Api('admin');
  const network = await admin.ensure('network', 'networks', 'network', {
    name: 'public',
    'router:external': true,
    'provider:network_type': 'flat',
    'provider:physical_network': 'provider',
  });
  await admin.ensure('network', 'subnets', 'subnet', {
    name: 'public-v4',
    network_id: network.id,
    ip_version: 4,
    cidr: OUTSIDE_NETWORK,
    gateway_ip: OUTSIDE_IP,
    enable_dhcp: false,
    allocation_pools: [{ start: '203.0.113.100', end: '203.0.113.250' }],
  });
}

async function createTenant(project: User, router: string): Promise<void> {
  const tenant = new Api(project);
  const name = `private-${project}`;
  const network = await tenant.ensure('network', 'networks', 'network', { name });
  const subnet = { name, network_id: network.id, ip_version: 4, cidr: INSIDE_NETWORK };
  await tenant.ensure('network', 'subnets', 'subnet', subnet);
  await createRouter({ name: router, project, gateway: true, subnet: name });
  const group = await tenant.ensure('network', 'security-groups', 'security_group', { name: 'web' });
  for (const [protocol, port] of OPEN) {
    const rule = { direction: 'ingress', ethertype: 'IPv4', protocol, port_range_min: port, port_range_max: port };
    // 409 when it is there already.
    await tenant.ask('network', 'POST', '/security-group-rules', {
      security_group_rule: { ...rule, security_group_id: group.id },
    });
  }
}
