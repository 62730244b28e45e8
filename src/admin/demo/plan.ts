/**
 * What a throwaway world is made of: network namespaces and the `ip` lines that furnish each. Pure text, nothing here
 * touches the machine. Every interface is created inside a namespace, so that worlds never meet in the root namespace.
 */

/** Where everything is. Documentation networks outside (RFC 5737), a tenant's network inside. */
export const ADDRESSES = {
  client: '203.0.113.2',
  otherClient: '198.51.100.7',
  gateway: '203.0.113.10',
  inside: '10.20.0.1',
  web: '10.20.0.51',
  db: '10.20.0.52',
} as const;

export interface NamespacePlan {
  readonly name: string;
  /** Lines for `ip -n <name> -batch -`. They may give the other end of a link to any namespace of the plan. */
  readonly lines: readonly string[];
  /** True when packets pass through it. */
  readonly forwards: boolean;
}

/** Namespaces in the order in which they are furnished; all of them exist before the first line runs. */
export type WorldPlan = readonly NamespacePlan[];

export interface WorldNames {
  /** The router's namespace. */
  readonly router: string;
  /** The router's interfaces; Linux allows 15 characters. */
  readonly outsideInterface: string;
  readonly insideInterface: string;
  /** What the names of all other namespaces begin with. */
  readonly prefix: string;
}

/** The namespaces of a standard world by the part they play. */
export interface Places {
  readonly router: string;
  readonly switch: string;
  readonly client: string;
  readonly web: string;
  readonly db: string;
}

/** The namespaces that standardPlan makes for these names. */
export function placesOf({ router, prefix }: WorldNames): Places {
  const named = (part: string): string => `${prefix}-${part}`;
  return { router, switch: named('switch'), client: named('client'), web: named('web'), db: named('db') };
}

/**
 * One router with one gateway address and one inside interface, an outside client with two addresses (the second from a
 * network of its own, for allow lists), and two servers on a switch of their own, whose default route is the router.
 */
export function standardPlan(names: WorldNames): WorldPlan {
  const places = placesOf(names);
  return [
    { name: places.switch, forwards: false, lines: switchLines(names, places) },
    { name: places.client, forwards: false, lines: clientLines(names, places) },
    { name: places.router, forwards: true, lines: routerLines(names) },
    { name: places.web, forwards: false, lines: serverLines(ADDRESSES.web) },
    { name: places.db, forwards: false, lines: serverLines(ADDRESSES.db) },
  ];
}

function switchLines(names: WorldNames, places: Places): string[] {
  const cables = [
    { port: 'router', there: names.insideInterface, namespace: places.router },
    { port: 'web', there: 'eth0', namespace: places.web },
    { port: 'db', there: 'eth0', namespace: places.db },
  ];
  return [
    'link set lo up',
    'link add name br0 type bridge',
    'link set br0 up',
    ...cables.flatMap(({ port, there, namespace }) => [
      `link add name ${port} type veth peer name ${there} netns ${namespace}`,
      `link set ${port} master br0 up`,
    ]),
  ];
}

function clientLines(names: WorldNames, places: Places): string[] {
  return [
    'link set lo up',
    `link add name eth0 type veth peer name ${names.outsideInterface} netns ${places.router}`,
    `addr add ${ADDRESSES.client}/24 dev eth0`,
    `addr add ${ADDRESSES.otherClient}/24 dev lo`,
    'link set eth0 up',
  ];
}

function routerLines({ outsideInterface, insideInterface }: WorldNames): string[] {
  return [
    'link set lo up',
    `addr add ${ADDRESSES.gateway}/24 dev ${outsideInterface}`,
    `addr add ${ADDRESSES.inside}/24 dev ${insideInterface}`,
    `link set ${outsideInterface} up`,
    `link set ${insideInterface} up`,
    `route add default via ${ADDRESSES.client}`,
  ];
}

function serverLines(address: string): string[] {
  return [
    'link set lo up',
    `addr add ${address}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${ADDRESSES.inside}`,
  ];
}
