/** Rules of nftables that packets of a mapping pass → what they do with one packet. Pure. */
import type { FilterVerdict } from '../../pat/router/forwarding.ts';
import { type Action, allOf, type FilterRule, type Match, not, verdictOf } from '../filter.ts';
import type { SeenPacket, Stage } from '../passage.ts';
import { matchOfPacket } from './packets.ts';
import { type Chain, type Expression, field, isKind, type NftRule, type NftTable, setElements } from './ruleset.ts';

const FAMILIES = ['ip', 'inet', 'netdev'];
const CONNTRACK_PRIORITY = -200;
const AFTER_ROUTING = ['forward', 'postrouting', 'egress'];

/**
 * Gives at which stages packets pass a base chain; several where their order is not known, none where they do not pass. The rules of praas
 * have the priority `dnat`.
 */
export function stagesOf({ family, hook = '', type, prio = 0 }: Chain, dnat: number): readonly Stage[] {
  if (!FAMILIES.includes(family) || (type !== 'filter' && type !== 'nat')) return [];
  if (AFTER_ROUTING.includes(hook)) return ['forwarded'];
  if (hook === 'ingress') return ['raw'];
  if (hook !== 'prerouting') return [];
  if (prio < CONNTRACK_PRIORITY) return ['raw'];
  if (prio === dnat) return ['arriving', 'translated'];
  return [prio < dnat ? 'arriving' : 'translated'];
}

/** Takes one table, and one of its base chains. */
export function nftFilter(table: NftTable, base: string, packet: SeenPacket): FilterVerdict {
  const chain = table.chains.find(({ name }) => name === base);
  const policy = chain && `policy drop of table ${chain.family} ${chain.table}, chain ${base}`;
  const rules = (name: string): FilterRule[] =>
    (table.rules.get(name) ?? []).flatMap((rule) => filterRules(rule, table, packet));
  return verdictOf(rules, base, chain?.policy === 'drop' ? policy : undefined);
}

/** One rule, or one for each element of a verdict map. */
function filterRules(rule: NftRule, table: NftTable, packet: SeenPacket): FilterRule[] {
  const { family, table: name, chain, handle, expr } = rule;
  const text = `table ${family} ${name}, chain ${chain}, handle ${handle}`;
  const matches = expr.map((statement) => matchOf(statement, table, packet));
  return expr.flatMap((statement): FilterRule[] => {
    const map = field(statement, 'vmap') as { readonly key: Expression; readonly data: Expression } | undefined;
    if (map === undefined) return actionsOf(statement).map((action) => ({ match: allOf(matches), action, text }));
    const elements = (setElements(map.data, table) ?? []) as readonly (readonly [unknown, unknown])[];
    return elements.flatMap(([value, verdict]) => {
      const keyed = conditionOf(map.key, [value], packet);
      return actionsOf(verdict).map((action) => ({ match: allOf([...matches, keyed]), action, text }));
    });
  });
}

/** What is not tracked is not translated. */
const STOPPING = ['drop', 'reject', 'queue', 'notrack'];

/** What a statement or verdict does with a packet; empty where it lets it go on. */
function actionsOf(statement: Expression): Action[] {
  if (isKind(statement, 'accept')) return [{ kind: 'accept' }];
  if (STOPPING.some((kind) => isKind(statement, kind))) return [{ kind: 'drop' }];
  if (isKind(statement, 'return')) return [{ kind: 'return' }];
  for (const kind of ['jump', 'goto'] as const) {
    const target = field(statement, kind) as { readonly target: string } | undefined;
    if (target) return [{ kind, chain: target.target }];
  }
  return [];
}

/** Statements that do not decide whether the rest of the rule is done. */
const PASSING = ['counter', 'log', 'vmap', 'mangle', 'accept', 'drop', 'reject', 'return', 'jump', 'goto', 'notrack'];

function matchOf(statement: Expression, table: NftTable, packet: SeenPacket): Match {
  const match = field(statement, 'match') as
    | { readonly op: string; readonly left: Expression; readonly right: Expression }
    | undefined;
  if (match === undefined) return PASSING.some((kind) => isKind(statement, kind)) ? 'yes' : 'maybe';
  const { op, left, right } = match;
  const values = setElements(right, table) ?? (Array.isArray(right) ? (right as readonly unknown[]) : [right]);
  if (op === '==' || op === 'in') return conditionOf(left, values, packet);
  return op === '!=' ? not(conditionOf(left, values, packet)) : 'maybe';
}

/** Whether the packet has one of the values. */
function conditionOf(left: Expression, values: readonly unknown[], packet: SeenPacket): Match {
  const known = knownValues(left, packet);
  if (known === undefined) return matchOfPacket({ left, values, packet });
  if (known.length === 0 || !values.every(isPlainName)) return 'maybe';
  return values.some((value) => known.some((each) => isNamed(value, each))) ? 'yes' : 'no';
}

/** False for a named set that is not listed, and for anything that is no name. */
function isPlainName(value: unknown): value is string {
  return typeof value === 'string' && !value.startsWith('@');
}

/** A name that ends with * is the beginning of a name. */
function isNamed(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** What a packet is to expressions whose values are names: empty where that is not known, undefined for other expressions. */
function knownValues(left: Expression, packet: SeenPacket): readonly string[] | undefined {
  const { from, to, state, isTranslated, known } = packet;
  const meta = (field(left, 'meta') as { readonly key?: string } | undefined)?.key;
  if (meta === 'iifname' || meta === 'iif') return from === undefined ? [] : [from];
  if (meta === 'oifname' || meta === 'oif') return to === undefined ? [] : [to];
  if (meta === 'nfproto') return ['ipv4'];
  if (meta === 'protocol') return ['ip'];
  const ct = (field(left, 'ct') as { readonly key?: string } | undefined)?.key;
  if (ct === 'state') return state === undefined ? [] : [state];
  if (ct === 'status') return isTranslated ? ['dnat'] : [];
  if (ct === 'direction') return state === undefined ? [] : [known === 'destination' ? 'original' : 'reply'];
  return undefined;
}
