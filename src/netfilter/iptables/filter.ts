/** Rules of iptables that forwarded packets pass → what they do with one packet. Pure. */
import { cidrContains, isCidr } from '../../core/values/ipv4.ts';
import type { FilterVerdict, ForwardedPacket } from '../../pat/router/forwarding.ts';
import { type Action, allOf, type FilterRule, type Match, not, verdictOf } from '../filter.ts';
import { parseSavedTable, policyOf, type SavedRule, shownText, withoutTexts } from './save.ts';
import { isScopeRule } from './scopes.ts';

/** The tables whose chain FORWARD may drop packets. */
const TABLES = ['mangle', 'filter', 'security'];
const CHAIN = 'FORWARD';
/** Matches without a condition of their own. */
const PLAIN_MATCHES = ['tcp', 'udp', 'conntrack', 'state', 'comment', 'multiport'];
/** What the first packet of a translated connection is to connection tracking. */
const STATES = ['NEW', 'DNAT'];

/** Takes the whole output of iptables-save. */
export function iptablesFilter(output: string, packet: ForwardedPacket): readonly FilterVerdict[] {
  return TABLES.map((table) => {
    const saved = parseSavedTable(output, table);
    const rules = Map.groupBy(saved.rules, ({ chain }) => chain);
    const isChain = (name: string): boolean => saved.chains.has(name);
    const chains = (chain: string): FilterRule[] =>
      (rules.get(chain) ?? []).map((rule) => filterRule(rule, table, isChain, packet));
    const isDropping = policyOf(output, table, CHAIN) === 'DROP';
    return verdictOf(chains, CHAIN, isDropping ? `-P ${CHAIN} DROP in table ${table}` : undefined);
  });
}

function filterRule(
  rule: SavedRule,
  table: string,
  isChain: (name: string) => boolean,
  packet: ForwardedPacket,
): FilterRule {
  const text = `${shownText(rule)} in table ${table}`;
  // Neutron's rules for address scopes are judged by themselves.
  if (isScopeRule(rule)) return { match: 'no', action: { kind: 'continue' }, text };
  const conditions = conditionsOf(withoutTexts(rule.words));
  const action = actionOf(conditions.target, conditions.isGoto, isChain);
  const queued = conditions.target === 'NFQUEUE' || conditions.target === 'QUEUE' ? (['maybe'] as const) : [];
  return { match: allOf([...conditions.all.map((each) => matchOf(each, packet)), ...queued]), action, text };
}

interface Condition {
  readonly option: string;
  readonly value: string;
  readonly isNegated: boolean;
}

/** A rule is options with their values; `!` negates the next one. What follows the target belongs to it. */
function conditionsOf(words: readonly string[]): {
  readonly all: readonly Condition[];
  readonly target: string;
  readonly isGoto: boolean;
} {
  const all: Condition[] = [];
  let isNegated = false;
  for (const [index, word] of words.entries()) {
    const value = words[index + 1] ?? '';
    if (word === '-j' || word === '-g') return { all, target: value, isGoto: word === '-g' };
    if (word === '!') isNegated = true;
    else if (word.startsWith('-')) {
      all.push({ option: word, value, isNegated });
      isNegated = false;
    }
  }
  return { all, target: '', isGoto: false };
}

function actionOf(target: string, isGoto: boolean, isChain: (name: string) => boolean): Action {
  if (target === 'ACCEPT') return { kind: 'accept' };
  if (['DROP', 'REJECT', 'NFQUEUE', 'QUEUE'].includes(target)) return { kind: 'drop' };
  if (target === 'RETURN') return { kind: 'return' };
  return isChain(target) ? { kind: isGoto ? 'goto' : 'jump', chain: target } : { kind: 'continue' };
}

function matchOf({ option, value, isNegated }: Condition, packet: ForwardedPacket): Match {
  const match = plainMatch(option, value, packet);
  return isNegated ? not(match) : match;
}

function plainMatch(option: string, value: string, packet: ForwardedPacket): Match {
  const is = (holds: boolean): Match => (holds ? 'yes' : 'no');
  switch (option) {
    case '-m':
      return PLAIN_MATCHES.includes(value) ? 'yes' : 'maybe';
    case '--comment':
      return 'yes';
    case '-p':
      return is(value === 'all' || value === packet.protocol);
    case '-d':
      return isCidr(value) ? is(cidrContains(value, packet.server_ip)) : 'maybe';
    case '--ctorigdst':
      return isCidr(value) ? is(cidrContains(value, packet.gateway_ip)) : 'maybe';
    case '--dport':
    case '--dports':
      return is(hasPort(value, packet.server_port));
    case '--ctorigdstport':
      return is(hasPort(value, packet.router_port));
    case '-i':
      return interfaceMatch(value, packet.from);
    case '-o':
      return interfaceMatch(value, packet.to);
    case '--ctstate':
    case '--state':
      return is(value.split(',').some((state) => STATES.includes(state)));
    default:
      return 'maybe';
  }
}

/** `22`, `22:80` or `22,80,90:99`. */
function hasPort(text: string, port: number): boolean {
  return text.split(',').some((part) => {
    const [first = '', last = first] = part.split(':');
    return Number(first || 0) <= port && port <= Number(last || 65535);
  });
}

/** A name that ends with + is the beginning of a name. */
function interfaceMatch(pattern: string, name: string | undefined): Match {
  if (name === undefined) return 'maybe';
  const matches = pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  return matches ? 'yes' : 'no';
}
