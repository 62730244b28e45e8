/**
 * The ports that nftables rules of other programs give another destination, in any table, family and priority. Pure. A rule that
 * is not understood takes all ports that it may take.
 */
import { coveringCidr } from '../../core/values/ipv4.ts';
import { PROTOCOLS } from '../../pat/mapping/mapping.ts';
import type { PortInUse } from '../../pat/router/port-in-use.ts';
import {
  ANY_PACKET,
  type Interval,
  intersection,
  type PacketSet,
  type Packets,
  packetsOfMap,
  packetsOfMatch,
} from './packets.ts';
import { type Chain, type Expression, field, isKind, type NftRule, type NftTable } from './ruleset.ts';

/** Statements that give a packet another destination, and targets of iptables that do, which nft only names. */
const STATEMENTS = ['dnat', 'redirect', 'tproxy', 'fwd'];
const TARGETS = ['DNAT', 'REDIRECT', 'NETMAP', 'TPROXY'];
const DESTINATION_FIELDS = ['daddr', 'dport'];
/** Headers in which a destination may be written, also by position (`@nh,128,32`). */
const DESTINATION_HEADERS = ['ip', 'th', 'tcp', 'udp', undefined];
const ANY_PORT: Interval = [1, 65535];
const ANY_ADDRESS: Interval = [0, 0xffffffff];
/** Chains that jump to one another may be passed in very many ways. */
const MAX_RULES = 20_000;
/** Where a packet can get another destination before it is routed. */
const HOOKS = ['prerouting', 'ingress'];

/** True for a base chain of any program that packets pass before they are routed. */
export function isBeforeRouting({ hook }: Chain): boolean {
  return hook !== undefined && HOOKS.includes(hook);
}

/** The ports that the rules of a table take. */
interface Translations {
  readonly portsInUse: readonly PortInUse[];
  /** False where the chains jump to one another in too many ways to follow all of them. */
  readonly isComplete: boolean;
}

/**
 * Takes one table and the names of the chains at which packets enter it. From those in `shown` only statements count that iptables-save
 * leaves out of the rules that it shows.
 */
export function translationsOf(table: NftTable, from: readonly string[], shown: readonly string[] = []): Translations {
  const found = new Map<string, PortInUse>();
  let left = MAX_RULES;
  const walk = (chain: string, packets: PacketSet, isShown: boolean): void => {
    for (const rule of table.rules.get(chain) ?? []) {
      if (left-- <= 0) return;
      let matched = packets;
      for (const statement of rule.expr) {
        matched = intersection(matched, packetsOfMatch(statement, table));
        if (matched.length === 0) break;
        for (const [target, narrowed] of targetsOf(statement, matched, table)) walk(target, narrowed, isShown);
        if (isShown && !writesDestination(statement)) continue;
        for (const port of translated(statement, matched, table).flatMap((each) => portsOf(each, rule, statement)))
          found.set(JSON.stringify(port), port);
      }
    }
  };
  for (const chain of from) walk(chain, ANY_PACKET, shown.includes(chain));
  return { portsInUse: [...found.values()], isComplete: left >= 0 };
}

/** The chains to which a statement sends packets, with those that go there. */
function targetsOf(statement: Expression, packets: PacketSet, table: NftTable): (readonly [string, PacketSet])[] {
  const target = chainOf(statement);
  if (target !== undefined) return [[target, packets]];
  const map = field(statement, 'vmap');
  if (map === undefined) return [];
  return (packetsOfMap(map, table) ?? []).flatMap(([keyed, verdict]) => {
    const chain = chainOf(verdict);
    return chain === undefined ? [] : [[chain, intersection(packets, keyed)] as const];
  });
}

function chainOf(verdict: unknown): string | undefined {
  return (
    (field(verdict, 'jump') as { target: string } | undefined) ??
    (field(verdict, 'goto') as { target: string } | undefined)
  )?.target;
}

/** Of the packets, those that get another destination. */
function translated(statement: Expression, packets: PacketSet, table: NftTable): PacketSet {
  if (!isTranslation(statement)) return [];
  const { addr, port }: Translation = STATEMENTS.map((name) => field(statement, name)).find(Boolean) ?? {};
  return [addr, port].reduce<PacketSet>((set, value) => {
    const map = field(value, 'map');
    const entries = map === undefined ? undefined : packetsOfMap(map, table);
    return entries === undefined
      ? set
      : intersection(
          set,
          entries.flatMap(([keyed]) => keyed),
        );
  }, packets);
}

interface Translation {
  readonly addr?: Expression;
  readonly port?: Expression;
}

function isTranslation(statement: Expression): boolean {
  if (STATEMENTS.some((name) => isKind(statement, name))) return true;
  const target = field(statement, 'xt') as { type?: string; name?: string } | undefined;
  if (target?.type === 'target' && TARGETS.includes(target.name ?? '')) return true;
  return writesDestination(statement);
}

/** Translation without connection tracking: a rule that writes into the header. What is written by position may be a destination. */
function writesDestination(statement: Expression): boolean {
  const key = (field(statement, 'mangle') as { key: Expression } | undefined)?.key;
  const payload = field(key, 'payload') as { protocol?: string; field?: string; base?: string } | undefined;
  if (payload === undefined || !DESTINATION_HEADERS.includes(payload.protocol)) return false;
  return payload.field === undefined ? payload.base !== 'll' : DESTINATION_FIELDS.includes(payload.field);
}

function portsOf(packets: Packets, rule: NftRule, statement: Expression): PortInUse[] {
  const { addresses = [ANY_ADDRESS], ports = [ANY_PORT] } = packets;
  const protocols = PROTOCOLS.filter((protocol) => packets.protocols?.includes(protocol) ?? true);
  return protocols.flatMap((protocol) =>
    addresses.flatMap(([from, to]) =>
      ports.map(([first, last]): PortInUse => {
        const cidr = coveringCidr(from, to);
        const range = first === last ? first : `${first}-${last}`;
        const text = `${placeOf(rule)}: ${protocol} ${cidr} port ${range} ${effectOf(statement)}`;
        return { protocol, cidr, first, last, kind: 'rule', text };
      }),
    ),
  );
}

function placeOf({ family, table, chain, handle }: NftRule): string {
  return `table ${family} ${table}, chain ${chain}, handle ${handle}`;
}

/** `dnat to 10.20.0.52:22`; without the destination where it is not one address or one port. */
function effectOf(statement: Expression): string {
  const [kind = ''] = Object.keys(statement as object);
  const { addr, port }: Translation = field(statement, kind) ?? {};
  const destination = [addr, port].filter((each) => typeof each === 'string' || typeof each === 'number').join(':');
  return destination === '' ? kind : `${kind} to ${typeof addr === 'string' ? '' : ':'}${destination}`;
}
