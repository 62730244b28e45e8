/** What `ip` says about a namespace → RouterFacts. The parsing is pure. */
import { canonicalCidr, compareIpv4 } from '../core/values/ipv4.ts';
import { praasError } from '../pat/errors.ts';
import type { InsideNetwork, RouterFacts } from '../pat/router/facts.ts';
import type { Namespaces } from './namespace.ts';

interface Link {
  readonly ifname: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen: number; readonly scope: string }[];
}

interface Route {
  readonly dst: string;
  readonly dev?: string;
  /** Of a route with several ways. */
  readonly nexthops?: readonly { readonly dev?: string }[];
  readonly type?: string;
}

interface Address {
  readonly interface: string;
  readonly address: string;
  readonly prefix: number;
}

/** Inside interfaces of Neutron's: `qr-` of routers, `sg-` in the namespace of a distributed router. */
const NEUTRON_INSIDE = /^(qr|sg)-/;
const NEUTRON_GATEWAY = /^qg-/;
/** Over which the instances of an HA router agree on who is the active one. */
const NEUTRON_HA = /^ha-/;
const HOST_PREFIX = 32;

/** Reads addresses and routes with one process. Throws ROUTER_NOT_FOUND, TOOL_FAILED. */
export async function readFacts(namespaces: Namespaces, router_id: string): Promise<RouterFacts> {
  const namespace = await namespaces.resolve(router_id);
  const command = { file: 'ip', args: ['-4', '-j', '-batch', '-'], input: 'addr show\nroute show\n' };
  const { exitCode, stdout, stderr } = await namespaces.run(namespace, command);
  if (exitCode !== 0)
    throw praasError('TOOL_FAILED', { command: 'ip -4 addr', exit_code: exitCode, output: stderr.trim() });
  const [links = '[]', routes = '[]'] = stdout.split('\n');
  return parseFacts(router_id, namespace, JSON.parse(links) as Link[], JSON.parse(routes) as Route[]);
}

/**
 * Takes `ip -4 -j addr show` and `ip -4 -j route show`. The gateway addresses are those of the qg- interface, else those
 * of the default route's interface; a /32 there is a floating IP when there is a wider one beside it.
 */
export function parseFacts(
  routerId: string,
  namespace: string,
  links: readonly Link[],
  routes: readonly Route[],
): RouterFacts {
  const addresses = links.flatMap(addressesOf);
  const outside = outsideInterfaces(links, routes);
  const external = addresses.filter((address) => outside.has(address.interface));
  const wide = external.filter(({ prefix }) => prefix < HOST_PREFIX);
  return {
    routerId,
    namespace,
    gateways: (wide.length > 0 ? wide : external).map(({ address }) => address),
    // The active instance has addresses on its other interfaces too.
    isStandby: addresses.length > 0 && addresses.every((address) => NEUTRON_HA.test(address.interface)),
    addresses: addresses.map(({ address }) => address).toSorted(compareIpv4),
    inside: insideNetworks(addresses, routes, outside),
  };
}

function addressesOf(link: Link): Address[] {
  return (link.addr_info ?? []).flatMap(({ local, prefixlen, scope }) =>
    local === undefined || scope !== 'global' ? [] : [{ interface: link.ifname, address: local, prefix: prefixlen }],
  );
}

function outsideInterfaces(links: readonly Link[], routes: readonly Route[]): ReadonlySet<string> {
  const neutron = links.filter(({ ifname }) => NEUTRON_GATEWAY.test(ifname)).map(({ ifname }) => ifname);
  if (neutron.length > 0) return new Set(neutron);
  return new Set(routes.flatMap((route) => (route.dst === 'default' ? devicesOf(route) : [])));
}

/** Connected networks first (they say more), then routed ones; without the outside interface's own. */
function insideNetworks(
  addresses: readonly Address[],
  routes: readonly Route[],
  outside: ReadonlySet<string>,
): InsideNetwork[] {
  const networks = new Map<string, InsideNetwork>();
  for (const { interface: name, address, prefix } of addresses) {
    if (outside.has(name) || prefix === HOST_PREFIX) continue;
    const cidr = canonicalCidr(`${address}/${prefix}`);
    networks.set(cidr, { cidr, isNeutron: NEUTRON_INSIDE.test(name), interface: name });
  }
  for (const route of routes) {
    const { dst, type } = route;
    const name = devicesOf(route).find((device) => !outside.has(device));
    if (dst === 'default' || type !== undefined || name === undefined) continue;
    const cidr = canonicalCidr(dst);
    if (!networks.has(cidr)) networks.set(cidr, { cidr, isNeutron: false, interface: name });
  }
  return [...networks.values()];
}

/** The interface of a route, or those of its several ways. */
function devicesOf({ dev, nexthops = [] }: Route): string[] {
  return [dev, ...nexthops.map((hop) => hop.dev)].filter((device) => device !== undefined);
}
