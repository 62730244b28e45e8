/** The output of `ip` in a namespace → RouterFacts. Parsing is pure. */
import { canonicalCidr, compareIpv4 } from '../core/values/ipv4.ts';
import type { InsideNetwork, RouterFacts } from '../pat/router/facts.ts';
import { badOutput, parseJson, toolFailed } from '../system/tool-errors.ts';
import type { Namespaces } from './namespace.ts';

interface Link {
  readonly ifname: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen: number; readonly scope: string }[];
}

interface Route {
  readonly dst: string;
  readonly dev?: string;
  /** Of a multipath route. */
  readonly nexthops?: readonly { readonly dev?: string }[];
  readonly type?: string;
}

interface Address {
  readonly interface: string;
  readonly address: string;
  readonly prefix: number;
}

/** Neutron's internal interfaces: `qr-` of a router, `sg-` in the snat- namespace of a distributed router. */
const NEUTRON_INSIDE = /^(qr|sg)-/;
const NEUTRON_GATEWAY = /^qg-/;
/** The network on which the instances of an HA router elect the active one (VRRP). */
const NEUTRON_HA = /^ha-/;
const HOST_PREFIX = 32;

/** Reads addresses and routes with one process. Throws ROUTER_NOT_FOUND, TOOL_FAILED, TOOL_MISSING. */
export async function readFacts(namespaces: Namespaces, routerId: string): Promise<RouterFacts> {
  const namespace = await namespaces.resolve(routerId);
  const command = { file: 'ip', args: ['-4', '-j', '-batch', '-'], input: 'addr show\nroute show\n' };
  const result = await namespaces.run(namespace, command);
  if (result.exitCode !== 0) throw toolFailed('ip -4 addr', result);
  const [links = '', routes = ''] = result.stdout.split('\n');
  const rows = [rowsOf('ip -j addr show', links), rowsOf('ip -j route show', routes)] as const;
  return parseFacts(routerId, namespace, rows[0] as Link[], rows[1] as Route[]);
}

/** Throws TOOL_BAD_OUTPUT. */
function rowsOf(command: string, line: string): readonly unknown[] {
  const rows = parseJson(command, line);
  if (!Array.isArray(rows)) throw badOutput(command, line);
  return rows;
}

/**
 * Takes the objects of `ip -4 -j addr show` and `ip -4 -j route show`. The gateway addresses are those of the qg- interface, or
 * without one those of the interface of the default route. A /32 there is a floating IP if another address has a shorter prefix.
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
  const onNetwork = external.filter(({ prefix }) => prefix < HOST_PREFIX);
  return {
    routerId,
    namespace,
    gateways: (onNetwork.length > 0 ? onNetwork : external).map(({ address }) => address),
    // keepalived puts addresses on the other interfaces of the active instance only.
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

/** Connected networks first, because their interface tells whether Neutron manages them, then routed ones; none outside. */
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

/** The interface of a route, or those of all next hops of a multipath route. */
function devicesOf({ dev, nexthops = [] }: Route): string[] {
  return [dev, ...nexthops.map((hop) => hop.dev)].filter((device) => device !== undefined);
}
