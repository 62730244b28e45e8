/** One of our rules ↔ one line of iptables. `parseRule(renderRule(rule))` is the rule again. Pure. */
import { isIpv4 } from '../../core/values/ipv4.ts';
import { commentOf, mappingIdIn } from '../comment.ts';
import type { DnatRule, MarkRule, MasqueradeRule, Rule } from '../rules.ts';

export const PREROUTING = 'custom-PREROUTING';
export const POSTROUTING = 'custom-POSTROUTING';

/** The high half of a packet's mark is its address scope; the low half is Neutron's for other things. */
const SCOPE_MASK = '0xffff0000';

/** The table in which a rule is; our chains have the same names in both. */
export function tableOf(rule: Rule): 'nat' | 'mangle' {
  return rule.kind === 'mark' ? 'mangle' : 'nat';
}

/** Gives the rule with its chain, in the order in which iptables-save prints it: `custom-PREROUTING -d …`. */
export function renderRule(rule: Rule): string {
  const { protocol, gateway_ip, router_port } = rule;
  const comment = `-m comment --comment "${commentOf(rule.mapping_id)}"`;
  const match = `-d ${gateway_ip}/32 -p ${protocol} -m ${protocol} --dport ${router_port}`;
  if (rule.kind === 'mark') {
    return `${PREROUTING} ${match} ${comment} -j MARK --set-xmark 0x${rule.mark.toString(16)}/${SCOPE_MASK}`;
  }
  const { server_ip, server_port } = rule;
  if (rule.kind === 'masquerade') {
    const original = `--ctstate DNAT --ctorigdst ${gateway_ip} --ctorigdstport ${router_port}`;
    const target = `-d ${server_ip}/32 -p ${protocol} -m ${protocol} --dport ${server_port}`;
    return `${POSTROUTING} ${target} -m conntrack ${original} ${comment} -j MASQUERADE`;
  }
  const source = rule.source === undefined ? '' : `-s ${rule.source} `;
  return `${PREROUTING} ${source}${match} ${comment} -j DNAT --to-destination ${server_ip}:${server_port}`;
}

/** Takes a rule's chain and words, gives our rule; undefined when it is not exactly as renderRule would write it. */
export function parseRule(chain: string, words: readonly string[]): Rule | undefined {
  const options = optionsOf(words);
  const mapping_id = mappingIdIn(options.get('--comment'));
  const protocol = options.get('-p');
  if (mapping_id === undefined || (protocol !== 'tcp' && protocol !== 'udp')) return undefined;
  const read = chain === POSTROUTING ? masqueradeFrom : options.get('-j') === 'MARK' ? markFrom : translateFrom;
  const rule = read(mapping_id, protocol, options);
  // Writing it again catches every option that was added, negated or left out.
  return rule && wordText(renderRule(rule)) === [chain, ...words].join(' ') ? rule : undefined;
}

type Options = ReadonlyMap<string, string>;

function translateFrom(mapping_id: string, protocol: 'tcp' | 'udp', options: Options): DnatRule | undefined {
  const [server_ip = '', server_port = ''] = (options.get('--to-destination') ?? '').split(':');
  const gateway_ip = (options.get('-d') ?? '').replace(/\/32$/, '');
  if (!isIpv4(server_ip) || !isIpv4(gateway_ip)) return undefined;
  return {
    kind: 'translate',
    mapping_id,
    protocol,
    gateway_ip,
    server_ip,
    router_port: Number(options.get('--dport')),
    server_port: Number(server_port),
    source: options.get('-s'),
  };
}

function masqueradeFrom(mapping_id: string, protocol: 'tcp' | 'udp', options: Options): MasqueradeRule | undefined {
  const gateway_ip = options.get('--ctorigdst') ?? '';
  const server_ip = (options.get('-d') ?? '').replace(/\/32$/, '');
  if (!isIpv4(server_ip) || !isIpv4(gateway_ip)) return undefined;
  return {
    kind: 'masquerade',
    mapping_id,
    protocol,
    gateway_ip,
    server_ip,
    router_port: Number(options.get('--ctorigdstport')),
    server_port: Number(options.get('--dport')),
  };
}

function markFrom(mapping_id: string, protocol: 'tcp' | 'udp', options: Options): MarkRule | undefined {
  const [mark] = (options.get('--set-xmark') ?? '').split('/');
  const gateway_ip = (options.get('-d') ?? '').replace(/\/32$/, '');
  if (!isIpv4(gateway_ip)) return undefined;
  const router_port = Number(options.get('--dport'));
  return { kind: 'mark', mapping_id, protocol, gateway_ip, router_port, mark: Number(mark) };
}

/** Every word that starts with a dash, with the word behind it. */
export function optionsOf(words: readonly string[]): Options {
  return new Map(
    words.flatMap((word, index) => (word.startsWith('-') ? [[word, words[index + 1] ?? ''] as const] : [])),
  );
}

function wordText(line: string): string {
  return line.replaceAll('"', '');
}
