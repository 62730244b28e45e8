/** Rules of iptables that packets of a mapping pass → what they do with them. Pure. */
import { cidrContains, isCidr, isCovered } from '../../core/values/ipv4.ts';
import type { FilterVerdict, ForwardedPacket } from '../../pat/router/forwarding.ts';
import { mappingIdIn } from '../comment.ts';
import { type Action, allOf, type FilterRule, type Match, not, verdictOf } from '../filter.ts';
import { packetsAt, type SeenPacket, type Stage, verdictFor } from '../passage.ts';
import { PREROUTING } from './operation.ts';
import { optionsOf, parseSavedTable, policyOf, type SavedRule, shownText, withoutTexts } from './save.ts';
import { isScopeRule } from './scopes.ts';

/** The chains that may drop packets, in their order. */
const CHAINS: readonly (readonly [string, string, Stage])[] = [
  ['raw', 'PREROUTING', 'raw'],
  ['mangle', 'PREROUTING', 'arriving'],
  ['mangle', 'FORWARD', 'forwarded'],
  ['filter', 'FORWARD', 'forwarded'],
  ['security', 'FORWARD', 'forwarded'],
  ['mangle', 'POSTROUTING', 'forwarded'],
];
/** Where a return ends the way through the table. */
const ENDS = ['PREROUTING', PREROUTING];
/** A rule that praas has written for packets to a port. */
const OWN_RULE =
  /^(?:-s \S+ )?-d \S+ -p (?:tcp|udp) -m (?:tcp|udp) --dport (\d+) -m comment --comment "?praas:[\da-f-]{36}"? -j DNAT /;
/** Matches without a condition of their own. */
const PLAIN_MATCHES = ['tcp', 'udp', 'conntrack', 'state', 'comment', 'multiport'];

/** Takes the whole output of iptables-save, and reads it once for all packets. */
export function iptablesFilter(output: string): (packet: ForwardedPacket) => readonly FilterVerdict[] {
  const ways = CHAINS.map(([table, base, stage]) => {
    const policy = policyOf(output, table, base) === 'DROP' ? `-P ${base} DROP in table ${table}` : undefined;
    return { rulesOf: readRules(output, table), base, stage, policy };
  });
  return (packet) =>
    ways.flatMap(({ rulesOf, base, stage, policy }) =>
      packetsAt(stage, packet).map((seen) => {
        const chains = (chain: string): FilterRule[] => rulesOf(chain).map((rule) => filterRule(rule, seen));
        return verdictFor(seen, verdictOf(chains, base, policy));
      }),
    );
}

/**
 * Takes the same. Gives whether a rule of the nat table ends the way of the first packet before it comes to the rule of its mapping; with
 * `isBefore`, the rules of praas are in an earlier table, and only a drop counts.
 */
export function natFilter(output: string, isBefore: boolean): (packet: ForwardedPacket) => FilterVerdict {
  const rulesOf = readRules(output, 'nat');
  return (packet) => {
    const [seen] = packetsAt('arriving', packet);
    const chains = (chain: string): FilterRule[] =>
      rulesOf(chain)
        // There are as many as mappings.
        .filter(({ ownPort }) => ownPort === undefined || ownPort === seen.port)
        .map((rule) => natRule(rule, seen, isBefore));
    return verdictOf(chains, 'PREROUTING', undefined);
  };
}

function natRule(rule: ReadRule, seen: SeenPacket, isBefore: boolean): FilterRule {
  const found = filterRule(rule, seen);
  const { kind } = found.action;
  if (isBefore || kind === 'jump' || kind === 'goto') return found;
  const { chain, words } = rule.saved;
  const isOwn = mappingIdIn(optionsOf(words).get('--comment')) !== undefined;
  // The networks that it allows are not asked for: the client is any.
  if (isOwn) return { ...found, match: found.match === 'no' ? 'no' : 'yes', action: { kind: 'accept' } };
  const isEnd = kind === 'accept' || (kind === 'return' && ENDS.includes(chain));
  return isEnd ? { ...found, action: { kind: 'drop' }, text: `${found.text}, before the rule of the mapping` } : found;
}

/** The port of a rule of praas as it writes them. */
function ownPortOf({ chain, text }: SavedRule): number | undefined {
  const [, port] = chain === PREROUTING ? (OWN_RULE.exec(text) ?? []) : [];
  return port === undefined ? undefined : Number(port);
}

/** A rule with what it means, which is the same for every packet. It is read when a packet comes to it. */
interface ReadRule {
  readonly saved: SavedRule;
  /** Undefined for all others than the rules by which praas publishes a port. */
  readonly ownPort: number | undefined;
  readonly meaning: () => Meaning;
}

interface Meaning {
  readonly conditions: readonly Condition[];
  readonly action: Action;
  readonly isQueued: boolean;
  readonly text: string;
}

/** Gives the rules of a table by their chains. */
function readRules(output: string, table: string): (chain: string) => readonly ReadRule[] {
  const saved = parseSavedTable(output, table);
  const isChain = (name: string): boolean => saved.chains.has(name);
  const rules = Map.groupBy(
    saved.rules.map((rule): ReadRule => {
      let meaning: Meaning | undefined;
      return { saved: rule, ownPort: ownPortOf(rule), meaning: () => (meaning ??= meaningOf(rule, table, isChain)) };
    }),
    (rule) => rule.saved.chain,
  );
  return (chain) => rules.get(chain) ?? [];
}

function meaningOf(rule: SavedRule, table: string, isChain: (name: string) => boolean): Meaning {
  const { all, target, isGoto } = conditionsOf(withoutTexts(rule.words));
  const isUntracked = target === 'NOTRACK' || rule.words.includes('--notrack');
  return {
    conditions: all,
    // What is not tracked is not translated.
    action: isUntracked ? { kind: 'drop' } : actionOf(target, isGoto, isChain),
    isQueued: target === 'NFQUEUE' || target === 'QUEUE',
    text: `${shownText(rule)} in table ${table}`,
  };
}

function filterRule({ saved, meaning }: ReadRule, packet: SeenPacket): FilterRule {
  const { conditions, action, isQueued, text } = meaning();
  // Neutron's rules for address scopes are judged by themselves.
  if (isScopeRule(saved)) return { match: 'no', action: { kind: 'continue' }, text };
  const queued = isQueued ? (['maybe'] as const) : [];
  return { match: allOf([...conditions.map((each) => matchOf(each, packet)), ...queued]), action, text };
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

function matchOf({ option, value, isNegated }: Condition, packet: SeenPacket): Match {
  const match = plainMatch(option, value, packet);
  return isNegated ? not(match) : match;
}

function plainMatch(option: string, value: string, packet: SeenPacket): Match {
  const is = (holds: boolean): Match => (holds ? 'yes' : 'no');
  switch (option) {
    case '-m':
      return PLAIN_MATCHES.includes(value) ? 'yes' : 'maybe';
    case '--comment':
      return 'yes';
    case '-p':
      return is(value === 'all' || value === packet.protocol);
    case '-s':
    case '-d':
      if (!isCidr(value)) return 'maybe';
      if (isKnown(option, packet)) return is(cidrContains(value, packet.address));
      return isCovered(value, packet.notClients) ? 'no' : 'maybe';
    case '--ctorigdst':
      return isCidr(value) ? is(cidrContains(value, packet.original.address)) : 'maybe';
    case '--sport':
    case '--sports':
    case '--dport':
    case '--dports':
      return isKnown(option, packet) ? is(hasPort(value, packet.port)) : 'maybe';
    case '--ctorigdstport':
      return is(hasPort(value, packet.original.port));
    case '-i':
      return interfaceMatch(value, packet.from);
    case '-o':
      return interfaceMatch(value, packet.to);
    case '--ctstate':
    case '--state':
      return stateMatch(value.split(','), packet);
    default:
      return 'maybe';
  }
}

/** True for an option on the end of the connection that is known: `-d` and `--dport` of a request, `-s` and `--sport` of a reply. */
function isKnown(option: string, { known }: SeenPacket): boolean {
  return /^-*d/.test(option) === (known === 'destination');
}

function stateMatch(states: readonly string[], { state, isTranslated }: SeenPacket): Match {
  if (state === undefined) return 'maybe';
  const own = [state.toUpperCase(), ...(isTranslated ? ['DNAT'] : [])];
  return states.some((each) => own.includes(each)) ? 'yes' : 'no';
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
