/**
 * Whether the kernel knows a way for the packets of a mapping, asked for one client: a neighbour of the router outside. Rules that concern
 * other clients, or the mark of a packet, are read.
 */
import { canonicalCidr, cidrContains, isCidr } from '../core/values/ipv4.ts';
import type { FilterVerdict, ForwardedPacket } from '../pat/router/forwarding.ts';
import { badOutput, parseJson, toolFailed } from '../system/tool-errors.ts';
import type { Namespaces } from './namespace.ts';
import { worst } from './passage.ts';

/** The two ends of a connection through a mapping. */
export interface Ends {
  readonly gateway_ip: string;
  readonly server_ip: string;
}

/** An address of an interface. */
export interface InterfaceAddress {
  readonly interface: string;
  readonly address: string;
  readonly prefix: number;
}

/** Asks for requests, and by the interface of the answer for replies: two lines for each pair of ends. */
const ASK = `way() { ip -4 -o route get "$@" 2>&1 | tr '\\n' ' '; }
while [ $# -gt 0 ]; do
  server=$1 client=$2 outside=$3; shift 3
  there=$(way $server from $client iif $outside); echo "$there"
  inside=$(echo "$there" | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')
  [ -z "$inside" ] || way $client from $server iif $inside; echo
done; ip -4 -j rule show`;
const FAILED = /RTNETLINK answers: (.*?) *$|^(Error: .*?) *$/;
const REFUSING = ['blackhole', 'unreachable', 'prohibit'];
/** A network without addresses beside that of the router has no neighbour. */
const MAX_PREFIX = 30;

interface RoutingRule {
  readonly priority: number;
  readonly src?: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly iif?: string;
  readonly action?: string;
}

/** Throws ROUTER_NOT_FOUND, NAMESPACE_UNREADABLE, TOOL_MISSING, TOOL_FAILED, TOOL_BAD_OUTPUT. */
export async function readRouting(
  namespaces: Namespaces,
  namespace: string,
  addresses: readonly InterfaceAddress[],
  ends: readonly Ends[],
): Promise<(packet: ForwardedPacket) => FilterVerdict> {
  const asked = [...new Map(ends.map((each) => [keyOf(each), each])).values()].flatMap((each) => {
    const gateway = addresses.find(({ address }) => address === each.gateway_ip);
    const client = gateway && neighbourOf(gateway, addresses);
    return gateway && client ? [{ each, words: [each.server_ip, client, gateway.interface] }] : [];
  });
  const command = { file: 'sh', args: ['-c', ASK, 'sh', ...asked.flatMap(({ words }) => words)] };
  const result = await namespaces.run(namespace, command);
  if (result.exitCode !== 0) throw toolFailed('ip -4 rule show', result);
  const lines = result.stdout.trimEnd().split('\n');
  const rules = parseJson('ip -4 -j rule show', lines.at(-1) ?? '');
  if (!Array.isArray(rules)) throw badOutput('ip -4 -j rule show', result.stdout);
  const verdicts = new Map(
    asked.map(({ each }, index) => {
      const [request = '', reply = ''] = lines.slice(2 * index);
      return [keyOf(each), worst([answerOf(request), ofReplies(answerOf(reply))])];
    }),
  );
  return (packet) => worst([verdicts.get(keyOf(packet)) ?? { verdict: 'accepts' }, ...refusingRules(rules, packet)]);
}

function keyOf({ gateway_ip, server_ip }: Ends): string {
  return `${gateway_ip} ${server_ip}`;
}

/** An address on the network of the gateway that is not one of the router. */
export function neighbourOf(
  { address, prefix }: InterfaceAddress,
  all: readonly InterfaceAddress[],
): string | undefined {
  if (prefix > MAX_PREFIX) return undefined;
  const [network = ''] = canonicalCidr(`${address}/${prefix}`).split('/');
  const own = new Set(all.map((each) => each.address));
  const hosts = Math.min(2 ** (32 - prefix) - 2, own.size + 1);
  return Array.from({ length: hosts }, (_, index) => plus(network, index + 1)).find((each) => !own.has(each));
}

/** The address so many after another one. */
function plus(address: string, count: number): string {
  const sum = address.split('.').reduce((value, part) => value * 256 + Number(part), 0) + count;
  return [24, 16, 8, 0].map((bits) => Math.floor(sum / 2 ** bits) % 256).join('.');
}

function answerOf(line: string): FilterVerdict {
  const [, reason, other] = FAILED.exec(line) ?? [];
  const by = reason ?? other;
  return by === undefined ? { verdict: 'accepts' } : { verdict: 'drops', by };
}

function ofReplies(verdict: FilterVerdict): FilterVerdict {
  return verdict.verdict === 'accepts' ? verdict : { ...verdict, ofReplies: true };
}

/** Takes the rules of `ip -j rule show`, gives those that refuse packets of some clients. */
export function refusingRules(rules: readonly RoutingRule[], packet: ForwardedPacket): FilterVerdict[] {
  return rules.flatMap((rule): FilterVerdict[] => {
    if (!REFUSING.includes(rule.action ?? '')) return [];
    const { from, to, server_ip } = packet;
    const by = textOf(rule);
    const stopsRequests = mayBe(rule.iif, from) && mayBeIn(rule.dst, rule.dstlen, server_ip);
    if (stopsRequests) return [{ verdict: 'may_drop', by }];
    const stopsReplies = mayBe(rule.iif, to) && mayBeIn(rule.src, rule.srclen, server_ip);
    return stopsReplies ? [{ verdict: 'may_drop', by, ofReplies: true }] : [];
  });
}

function mayBe(name: string | undefined, known: string | undefined): boolean {
  return name === undefined || known === undefined || name === known;
}

function mayBeIn(network: string | undefined, length = 32, address: string): boolean {
  const cidr = `${network}/${length}`;
  return network === undefined || network === 'all' || !isCidr(cidr) || cidrContains(cidr, address);
}

function textOf({ priority, src = 'all', srclen, dst, dstlen, iif, action }: RoutingRule): string {
  const network = (address: string, length: number | undefined): string =>
    length === undefined ? address : `${address}/${length}`;
  const parts = [
    `from ${network(src, srclen)}`,
    ...(dst === undefined ? [] : [`to ${network(dst, dstlen)}`]),
    ...(iif === undefined ? [] : [`iif ${iif}`]),
    ...(action === undefined ? [] : [action]),
  ];
  return `ip rule ${priority}: ${parts.join(' ')}`;
}
