/**
 * What a world consists of: network namespaces, and the `ip` lines that configure each. Pure: nothing here changes the machine.
 * Each interface is created inside a namespace, so that two worlds share no name in the root namespace.
 */

/** The address plan: documentation networks outside (RFC 5737), the network of a project inside. */
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
  /** Lines for `ip -n <name> -batch -`. They may move the other end of a link to any namespace of the plan. */
  readonly lines: readonly string[];
  /** Whether it forwards packets. */
  readonly isForwarding: boolean;
}

/** Namespaces in the order in which they are configured; all of them exist before the first line runs. */
export type WorldPlan = readonly NamespacePlan[];

export interface WorldNames {
  /** The namespace of the router. */
  readonly router: string;
  /** The interfaces of the router; Linux allows 15 characters. */
  readonly outsideInterface: string;
  readonly insideInterface: string;
  /** The names of all other namespaces begin with it. */
  readonly prefix: string;
}

/** The namespaces of a standard world by their role. */
export interface WorldNamespaces {
  readonly router: string;
  readonly switch: string;
  readonly client: string;
  readonly web: string;
  readonly db: string;
}

/** The namespaces that standardPlan gives for these names. */
export function namespacesOf({ router, prefix }: WorldNames): WorldNamespaces {
  const named = (role: string): string => `${prefix}-${role}`;
  return { router, switch: named('switch'), client: named('client'), web: named('web'), db: named('db') };
}

/**
 * One router with one gateway address and one inside interface, an outside client with two addresses (the second from a
 * network of its own, for allow lists), and two servers on a switch of their own, whose default gateway is the router.
 */
export function standardPlan(names: WorldNames): WorldPlan {
  const namespaces = namespacesOf(names);
  return [
    { name: namespaces.switch, isForwarding: false, lines: switchLines(names, namespaces) },
    { name: namespaces.client, isForwarding: false, lines: clientLines(names, namespaces) },
    { name: namespaces.router, isForwarding: true, lines: routerLines(names) },
    { name: namespaces.web, isForwarding: false, lines: serverLines(ADDRESSES.web) },
    { name: namespaces.db, isForwarding: false, lines: serverLines(ADDRESSES.db) },
  ];
}

function switchLines(names: WorldNames, namespaces: WorldNamespaces): string[] {
  const cables = [
    { port: 'router', peer: names.insideInterface, namespace: namespaces.router },
    { port: 'web', peer: 'eth0', namespace: namespaces.web },
    { port: 'db', peer: 'eth0', namespace: namespaces.db },
  ];
  return [
    'link set lo up',
    'link add name br0 type bridge',
    'link set br0 up',
    ...cables.flatMap(({ port, peer, namespace }) => [
      `link add name ${port} type veth peer name ${peer} netns ${namespace}`,
      `link set ${port} master br0 up`,
    ]),
  ];
}

function clientLines(names: WorldNames, namespaces: WorldNamespaces): string[] {
  return [
    'link set lo up',
    `link add name eth0 type veth peer name ${names.outsideInterface} netns ${namespaces.router}`,
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
