/** Judges what a packet meets in the router beside the rules of praas: interfaces, rules of other programs, forwarding, filters. Pure. */
import type { RouterView } from '../interfaces/agent.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { RouterFacts } from '../router/facts.ts';
import { networkOf } from '../router/facts.ts';
import type { ForwardedPacket, Forwarding } from '../router/forwarding.ts';
import { portInUseAt } from '../router/port-in-use.ts';
import type { RouterWarning } from '../router/warning.ts';
import { failed, type Hop, ok, unknown } from './report.ts';

/** Warnings that rules of other programs may translate ports that praas does not see. */
const NOT_SEEN: readonly RouterWarning['code'][] = ['TRANSLATIONS_NOT_SEEN'];
const ASK = 'Ask the operator of the cloud to correct the router.';

/** Gives the first packet of a connection from outside, with the interfaces that it passes. */
export function packetOf(mapping: Mapping, facts: RouterFacts, { interfaces }: Forwarding): ForwardedPacket {
  const { protocol, server_ip, server_port, gateway_ip, router_port } = mapping;
  const from = interfaces.find(({ addresses }) => addresses.includes(gateway_ip))?.name;
  const to = networkOf(facts, server_ip)?.interface;
  const inside = facts.inside.map(({ cidr }) => cidr);
  return { protocol, server_ip, server_port, gateway_ip, router_port, from, to, inside };
}

/** Requesters of one project are told neither interfaces nor rules of the node. */
export function judgeInterfaces(
  { from, to, gateway_ip }: ForwardedPacket,
  { interfaces }: Forwarding,
  showsHosts: boolean,
  namespace: string,
): Hop {
  if (from === undefined) {
    const step = `Run \`ip -n ${namespace} address show\`, and check the L3 agent: it sets the address.`;
    const what = `no interface of the router has the gateway address ${gateway_ip}`;
    return failed('interfaces', what, showsHosts ? step : ASK);
  }
  const down = interfaces.find(({ name, isUp }) => !isUp && (name === from || name === to));
  if (down === undefined) return ok('interfaces', 'the interfaces of the router are up');
  const side = down.name === from ? 'external' : 'internal';
  const what = `the ${side} interface${showsHosts ? ` ${down.name}` : ''} of the router is down`;
  const step = `Run \`ip -n ${namespace} link show ${down.name}\`, and check the port of the interface and its network agent.`;
  return failed('interfaces', what, showsHosts ? step : ASK);
}

/** A translation of others may come first, or may not match at all, so it is not known to be the cause. */
export function judgeOtherRules(
  mapping: Mapping,
  { portsInUse, warnings }: Pick<RouterView, 'portsInUse' | 'warnings'>,
  showsHosts: boolean,
): Hop {
  const rules = portsInUse.filter(({ kind }) => kind === 'rule');
  const other = portInUseAt(rules, mapping);
  if (other) {
    const rule = showsHosts ? `: ${other.text}` : '';
    return unknown('other_rules', `a rule of another program may translate the same port${rule}`);
  }
  const unseen = warnings.find(({ code }) => NOT_SEEN.includes(code));
  if (unseen === undefined) return ok('other_rules', 'no rule of another program translates the port');
  return unknown('other_rules', showsHosts ? unseen.text.replace(/\.$/, '') : 'rules of other programs cannot be read');
}

export function judgeForwarding(
  packet: ForwardedPacket,
  forwarding: Forwarding,
  showsHosts: boolean,
  namespace: string,
): Hop {
  const { isEnabled, disabledInterfaces, route } = forwarding;
  const { from } = packet;
  const set = (key: string): string => `Run \`ip netns exec ${namespace} sysctl -w ${key}=1\`.`;
  if (!isEnabled) {
    const key = 'net.ipv4.ip_forward';
    return failed('forwarding', `forwarding is off in the router (${key} is 0)`, showsHosts ? set(key) : ASK);
  }
  if (from !== undefined && disabledInterfaces.includes(from)) {
    const step = set(`net/ipv4/conf/${from}/forwarding`);
    return failed('forwarding', 'forwarding is off on the external interface of the router', showsHosts ? step : ASK);
  }
  const found = route(packet);
  if (found.verdict === 'accepts') return ok('forwarding', 'the router forwards packets');
  const [what, by] = [packetsOf(found), showsHosts ? `: ${found.by}` : ''];
  if (found.verdict === 'may_drop') return unknown('forwarding', `routing of the router may refuse ${what}${by}`);
  const list = `Run \`ip -n ${namespace} rule show\` and \`ip -n ${namespace} route show table all\`, and delete what refuses them.`;
  return failed('forwarding', `the router has no route for ${what}${by}`, showsHosts ? list : ASK);
}

export function judgeFilter(
  packet: ForwardedPacket,
  { filter }: Forwarding,
  showsHosts: boolean,
  namespace: string,
): Hop {
  const found = filter(packet);
  if (found.verdict === 'accepts') return ok('filter', 'no rule of the router keeps packets to or from the server');
  const [what, by] = [packetsOf(found), showsHosts ? `: ${found.by}` : ''];
  if (found.verdict === 'may_drop') return unknown('filter', `a rule of the router may keep ${what} from passing${by}`);
  const list = `Run \`ip netns exec ${namespace} iptables-save\` and \`ip netns exec ${namespace} nft -a list ruleset\`, and accept the packets before it.`;
  return failed('filter', `a rule of the router keeps ${what} from passing${by}`, showsHosts ? list : ASK);
}

function packetsOf({ ofReplies }: { readonly ofReplies?: true }): string {
  return ofReplies ? 'replies of the server' : 'packets to the server';
}

/** Judges the way through a router for an operator: gives the hops that are not ok, each finding once. */
export function pathProblems(mappings: readonly Mapping[], view: RouterView, forwarding: Forwarding): readonly Hop[] {
  const { namespace } = view.facts;
  const hops = mappings.flatMap((mapping) => {
    const packet = packetOf(mapping, view.facts, forwarding);
    return [
      judgeInterfaces(packet, forwarding, true, namespace),
      judgeOtherRules(mapping, view, true),
      judgeForwarding(packet, forwarding, true, namespace),
      judgeFilter(packet, forwarding, true, namespace),
    ];
  });
  const problems = hops.filter(({ verdict }) => verdict !== 'ok');
  return [...new Map(problems.map((hop) => [hop.detail, hop])).values()];
}
