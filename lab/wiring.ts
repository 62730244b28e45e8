/** Bridges and namespaces: what is outside of the cloud, and the servers, which a namespace plays. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { OUTSIDE, OUTSIDE_IP, STATE } from './place.ts';
import { ipAnyway, run, succeeds, until } from './shell.ts';

/** A server as the network sees it. */
export interface Guest {
  readonly name: string;
  readonly port_id: string;
  readonly network_id: string;
  readonly mac: string;
  readonly ip: string;
  readonly prefix: number;
  readonly gateway: string | null;
  readonly mtu: number;
}

export const guestNamespace = (name: string): string => `vm-${name}`;
const tapOf = ({ port_id }: Pick<Guest, 'port_id'>): string => `tap${port_id.slice(0, 11)}`;
const bridgeOf = ({ network_id }: Pick<Guest, 'network_id'>): string => `brq${network_id.slice(0, 11)}`;
const FOREIGN_BRIDGES = `${STATE}/foreign-bridges`;
const hasNamespace = (name: string): boolean => existsSync(`/run/netns/${name}`);
const hasLink = (name: string): Promise<boolean> => succeeds('ip', 'link', 'show', name);

/** The provider's bridge with a client on it, and an underlay for the tenants' networks that leads nowhere. */
export async function wireOutside(): Promise<void> {
  if (!(await hasLink('br-provider'))) await run(ip('link add br-provider type bridge stp_state 0 forward_delay 0'));
  await run(ip('link set br-provider up'));
  if (!(await hasLink('br-lab-tun'))) {
    await run(ip('link add br-lab-tun type bridge'));
    await run(ip('address add 192.0.2.1/32 dev br-lab-tun'));
  }
  await run(ip('link set br-lab-tun up'));
  if (hasNamespace(OUTSIDE)) return;
  await run(ip(`netns add ${OUTSIDE}`));
  await run(ip(`link add lab-outside type veth peer name eth0 netns ${OUTSIDE}`));
  await run(ip('link set lab-outside master br-provider up'));
  await run(ip(`-n ${OUTSIDE} link set lo up`));
  await run(ip(`-n ${OUTSIDE} link set eth0 up`));
  await run(ip(`-n ${OUTSIDE} address add ${OUTSIDE_IP}/24 dev eth0`));
}

/**
 * Plays the server: a namespace at the end of its port's tap device. The bridge is Nova's part, for the agent leaves the
 * membership of a server's tap alone; filters, vxlan and the port's status are the agent's, as with a real server.
 */
export async function plug(guest: Guest): Promise<void> {
  const [namespace, tap, bridge] = [guestNamespace(guest.name), tapOf(guest), bridgeOf(guest)];
  if (!hasNamespace(namespace)) await run(ip(`netns add ${namespace}`));
  if (!(await hasLink(tap))) {
    await ipAnyway('-n', namespace, 'link', 'delete', 'eth0');
    await run(ip(`link add ${tap} type veth peer name eth0 netns ${namespace}`));
  }
  await run(ip(`link set ${tap} mtu ${guest.mtu} up`));
  // The agent may be making it at this moment.
  await ipAnyway(...ip(`link add ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`).slice(1));
  await run(ip(`link set ${bridge} up`));
  await run(ip(`link set ${tap} master ${bridge}`));
  await run(ip(`-n ${namespace} link set lo up`));
  await run(ip(`-n ${namespace} link set eth0 down`));
  await run(ip(`-n ${namespace} link set eth0 address ${guest.mac} mtu ${guest.mtu}`));
  await run(ip(`-n ${namespace} link set eth0 up`));
  await run(ip(`-n ${namespace} address flush dev eth0 scope global`));
  await run(ip(`-n ${namespace} address add ${guest.ip}/${guest.prefix} dev eth0`));
  if (guest.gateway !== null) await run(ip(`-n ${namespace} route replace default via ${guest.gateway}`));
}

export async function unplug(guest: Guest): Promise<void> {
  await endNamespace(guestNamespace(guest.name));
  await ipAnyway('link', 'delete', tapOf(guest));
}

/** Waits until packets pass between the server and its router. That Neutron calls a port ACTIVE says less. */
export async function untilWired(guest: Guest): Promise<void> {
  const { gateway } = guest;
  if (gateway === null) return;
  await until(`${guest.name} reaches its router ${gateway}`, 60, () =>
    succeeds('ip', 'netns', 'exec', guestNamespace(guest.name), 'ping', '-c1', '-W1', gateway),
  );
}

/** Waits until the agent lets the server's present address through its filters. */
export async function untilLetThrough({ name, mac, ip: address }: Guest): Promise<void> {
  await until(`${name} may use ${address}`, 60, async () => {
    const rules = await run(['iptables-save', '-t', 'filter']);
    const arp = await run(['ebtables', '-t', 'nat', '-L']);
    return (
      rules.toLowerCase().includes(`-s ${address}/32 -m mac --mac-source ${mac.toLowerCase()}`) &&
      arp.includes(`--arp-ip-src ${address} `)
    );
  });
}

/** Ends what runs in a namespace of the lab, then the namespace. */
export async function endNamespace(name: string): Promise<void> {
  if (!hasNamespace(name)) return;
  const pids = async (): Promise<string[]> => (await run(ip(`netns pids ${name}`))).split('\n').filter(Boolean);
  for (const signal of ['-TERM', '-KILL']) {
    for (const pid of await pids()) await succeeds('kill', signal, pid);
    await until(`${name} is empty`, 2, async () => (await pids()).length === 0).catch(() => undefined);
  }
  await ipAnyway('netns', 'delete', name);
}

/** Records the network bridges that are not of the lab; to be called before the agents start. */
export function recordForeignBridges(): void {
  writeFileSync(FOREIGN_BRIDGES, networkBridges().join('\n'));
}

/** Takes away what Neutron made here: for these routers and ports, and for networks, some of which it may have forgotten. */
export async function unwire(ids: {
  readonly routers: readonly string[];
  readonly ports: readonly string[];
  readonly vnis: readonly string[];
}): Promise<void> {
  for (const id of ids.routers) await endNamespace(`qrouter-${id}`);
  await endNamespace(OUTSIDE);
  for (const port_id of ids.ports) await ipAnyway('link', 'delete', tapOf({ port_id }));
  const foreign = existsSync(FOREIGN_BRIDGES) ? readFileSync(FOREIGN_BRIDGES, 'utf8').split('\n') : networkBridges();
  for (const bridge of networkBridges()) if (!foreign.includes(bridge)) await ipAnyway('link', 'delete', bridge);
  for (const vni of ids.vnis) await ipAnyway('link', 'delete', `vxlan-${vni}`);
  for (const link of ['lab-outside', 'br-provider', 'br-lab-tun']) await ipAnyway('link', 'delete', link);
  await succeeds('bash', '-c', REMOVE_FILTERS);
}

/** The agent's chains in the namespace of the machine; all else in its tables stays. */
const REMOVE_FILTERS = `
for v in iptables ip6tables; do
  rules=$($v-save)
  case "$rules" in *neutron-linuxbri*) grep -v -e neutron-linuxbri -e neutron-filter-top <<<"$rules" | $v-restore ;; esac
done
ebtables -t nat -L PREROUTING | grep -e '-j neutron' | while read -r rule; do ebtables -t nat -D PREROUTING $rule; done
for step in -F -X; do
  ebtables -t nat -L | sed -n 's/^Bridge chain: \\(neutron[^,]*\\),.*/\\1/p' | while read -r chain; do ebtables -t nat $step $chain; done
done`;

function networkBridges(): readonly string[] {
  return readdirSync('/sys/class/net').filter((name) => name.startsWith('brq'));
}

function ip(words: string): string[] {
  return ['ip', ...words.split(' ')];
}
