/** Rules of others that take ports: what they say of destination and port → Claim. Pure. */
import { isCidr } from '../../core/values/ipv4.ts';
import { PROTOCOLS } from '../../pat/mapping/mapping.ts';
import type { PortInUse } from '../../pat/router/port-in-use.ts';
import { optionsOf } from './rule.ts';
import type { SavedRule } from './save.ts';

const TAKING = new Set(['DNAT', 'REDIRECT', 'NETMAP']);
const EVERYWHERE = '0.0.0.0/0';
const ALL_PORTS: readonly [number, number] = [1, 65535];

/**
 * Takes a rule of the nat table that is not ours, gives what it keeps others from having. A condition that this does not
 * understand counts as always true: better a port too many taken than two answers for one.
 */
export function claimsOf(rule: SavedRule): PortInUse[] {
  return TAKING.has(optionsOf(rule.words).get('-j') ?? '') ? coverOf(rule) : [];
}

/** The same, whatever it does with the packets. */
export function coverOf(rule: SavedRule): PortInUse[] {
  const options = optionsOf(rule.words);
  const negated = (option: string): boolean => rule.words[rule.words.indexOf(option) - 1] === '!';
  const destination = options.get('-d');
  const cidr = destination !== undefined && isCidr(destination) && !negated('-d') ? destination : EVERYWHERE;
  const protocols = PROTOCOLS.filter((protocol) => {
    const wanted = options.get('-p');
    return wanted === undefined || wanted === 'all' || negated('-p') || wanted === protocol;
  });
  const ports = negated('--dport') || negated('--dports') ? [ALL_PORTS] : portsOf(options);
  const text = `-A ${rule.chain} ${rule.text}`;
  return protocols.flatMap((protocol) =>
    ports.map(([first, last]): PortInUse => ({ protocol, cidr, first, last, kind: 'rule', text })),
  );
}

function portsOf(options: ReadonlyMap<string, string>): (readonly [number, number])[] {
  const listed = options.get('--dport') ?? options.get('--dports');
  if (listed === undefined) return [ALL_PORTS];
  return listed.split(',').map((part) => {
    const [first = '', last = first] = part.split(':');
    return [Number(first || ALL_PORTS[0]), Number(last || ALL_PORTS[1])] as const;
  });
}
