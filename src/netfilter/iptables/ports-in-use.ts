/** Unmanaged rules of the tables nat and mangle → the ports that they take. Pure. */
import { isCidr } from '../../core/values/ipv4.ts';
import { PROTOCOLS } from '../../pat/mapping/mapping.ts';
import type { PortInUse } from '../../pat/router/port-in-use.ts';
import { type Options, optionsOf, type SavedRule, shownText, withoutTexts } from './save.ts';

/** Targets that give packets another destination. */
const DNAT_TARGETS = new Set(['DNAT', 'REDIRECT', 'NETMAP', 'TPROXY']);
const ANY_ADDRESS = '0.0.0.0/0';
const ALL_PORTS: readonly [number, number] = [1, 65535];

/**
 * Takes an unmanaged rule of nat or mangle, gives the ports that no mapping can have beside it. A match that praas does not
 * read counts as always true: a port that is refused in vain is better than two destinations for one port.
 */
export function portsInUse(rule: SavedRule): PortInUse[] {
  return DNAT_TARGETS.has(optionsOf(rule.words).get('-j') ?? '') ? matchedPorts(rule) : [];
}

/** Takes any rule, gives the ports whose packets it may match, whatever its target is. */
export function matchedPorts(rule: SavedRule): PortInUse[] {
  const options = optionsOf(rule.words);
  const words = withoutTexts(rule.words);
  const isNegated = (option: string): boolean => words[words.indexOf(option) - 1] === '!';
  const destination = options.get('-d');
  const cidr = destination !== undefined && isCidr(destination) && !isNegated('-d') ? destination : ANY_ADDRESS;
  const matched = options.get('-p');
  const protocols = PROTOCOLS.filter(
    (protocol) => matched === undefined || matched === 'all' || isNegated('-p') || matched === protocol,
  );
  const ports = isNegated('--dport') || isNegated('--dports') ? [ALL_PORTS] : destinationPorts(options);
  const text = shownText(rule);
  return protocols.flatMap((protocol) =>
    ports.map(([first, last]): PortInUse => ({ protocol, cidr, first, last, kind: 'rule', text })),
  );
}

function destinationPorts(options: Options): (readonly [number, number])[] {
  const listed = options.get('--dport') ?? options.get('--dports');
  if (listed === undefined) return [ALL_PORTS];
  return listed.split(',').map((part) => {
    const [first = '', last = first] = part.split(':');
    return [Number(first || ALL_PORTS[0]), Number(last || ALL_PORTS[1])] as const;
  });
}
