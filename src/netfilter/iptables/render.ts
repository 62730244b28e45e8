/** Operations → the text for iptables-restore. The only place of this backend where text is written. Pure. */
import { commentOf } from '../comment.ts';
import type { Rule } from '../rules.ts';
import type { BaseChainOperation, RuleSpec } from './operation.ts';
import type { Section } from './sections.ts';

/** The options of iptables(8). */
const OPTIONS = { append: '-A', delete: '-D', 'new-chain': '-N', 'delete-chain': '-X' } as const;
/** Neutron keeps the address scope of a packet in the high half of its mark, and uses the low half for other things. */
const SCOPE_MASK = '0xffff0000';

/** Gives the input of one run of iptables-restore. */
export function renderSection({ table, baseChains, rules }: Section): string {
  return [`*${table}`, ...baseChains.map(renderOperation), ...rules.map(renderOperation), 'COMMIT', ''].join('\n');
}

function renderOperation(operation: BaseChainOperation): string {
  const command = `${OPTIONS[operation.op]} ${operation.chain}`;
  return 'spec' in operation ? `${command} ${renderSpec(operation.spec)}` : command;
}

function renderSpec(spec: RuleSpec): string {
  if (spec.kind === 'saved') return spec.text;
  return spec.kind === 'jump' ? `-j ${spec.chain}` : renderRule(spec);
}

/** Gives a rule without its chain, with its options in the order in which iptables-save prints them. */
export function renderRule(rule: Rule): string {
  const { protocol, gateway_ip, router_port } = rule;
  const comment = `-m comment --comment "${commentOf(rule.mapping_id)}"`;
  const match = `-d ${gateway_ip}/32 -p ${protocol} -m ${protocol} --dport ${router_port}`;
  if (rule.kind === 'mark') {
    return `${match} ${comment} -j MARK --set-xmark 0x${rule.mark.toString(16)}/${SCOPE_MASK}`;
  }
  const { server_ip, server_port } = rule;
  if (rule.kind === 'masquerade') {
    const original = `--ctstate DNAT --ctorigdst ${gateway_ip} --ctorigdstport ${router_port}`;
    const server = `-d ${server_ip}/32 -p ${protocol} -m ${protocol} --dport ${server_port}`;
    return `${server} -m conntrack ${original} ${comment} -j MASQUERADE`;
  }
  const source = rule.source === undefined ? '' : `-s ${rule.source} `;
  return `${source}${match} ${comment} -j DNAT --to-destination ${server_ip}:${server_port}`;
}
