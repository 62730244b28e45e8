/** One rule of praas as iptables-save prints it → the rule. `parseRule` of what render.ts writes is the rule again. Pure. */
import { isIpv4 } from '../../core/values/ipv4.ts';
import { mappingIdIn } from '../comment.ts';
import type { DnatRule, MarkRule, MasqueradeRule, Rule } from '../rules.ts';
import { chainOf, POSTROUTING } from './operation.ts';
import { renderRule } from './render.ts';
import { type Options, optionsOf } from './save.ts';

/** Takes the chain and the words of a rule, gives the rule; undefined when it is not exactly as praas writes it. */
export function parseRule(chain: string, words: readonly string[]): Rule | undefined {
  const options = optionsOf(words);
  const mappingId = mappingIdIn(options.get('--comment'));
  const protocol = options.get('-p');
  if (mappingId === undefined || (protocol !== 'tcp' && protocol !== 'udp')) return undefined;
  const read = chain === POSTROUTING ? masqueradeRule : options.get('-j') === 'MARK' ? markRule : dnatRule;
  const rule = read(mappingId, protocol, options);
  if (rule === undefined || chainOf(rule) !== chain) return undefined;
  // A comparison of the whole text finds every option that was added, negated or left out.
  return renderRule(rule).replaceAll('"', '') === words.join(' ') ? rule : undefined;
}

function dnatRule(mappingId: string, protocol: 'tcp' | 'udp', options: Options): DnatRule | undefined {
  const [serverIp = '', serverPort = ''] = (options.get('--to-destination') ?? '').split(':');
  const gatewayIp = (options.get('-d') ?? '').replace(/\/32$/, '');
  if (!isIpv4(serverIp) || !isIpv4(gatewayIp)) return undefined;
  return {
    kind: 'dnat',
    mapping_id: mappingId,
    protocol,
    gateway_ip: gatewayIp,
    server_ip: serverIp,
    router_port: Number(options.get('--dport')),
    server_port: Number(serverPort),
    source: options.get('-s'),
  };
}

function masqueradeRule(mappingId: string, protocol: 'tcp' | 'udp', options: Options): MasqueradeRule | undefined {
  const gatewayIp = options.get('--ctorigdst') ?? '';
  const serverIp = (options.get('-d') ?? '').replace(/\/32$/, '');
  if (!isIpv4(serverIp) || !isIpv4(gatewayIp)) return undefined;
  return {
    kind: 'masquerade',
    mapping_id: mappingId,
    protocol,
    gateway_ip: gatewayIp,
    server_ip: serverIp,
    router_port: Number(options.get('--ctorigdstport')),
    server_port: Number(options.get('--dport')),
  };
}

function markRule(mappingId: string, protocol: 'tcp' | 'udp', options: Options): MarkRule | undefined {
  const [mark] = (options.get('--set-xmark') ?? '').split('/');
  const gatewayIp = (options.get('-d') ?? '').replace(/\/32$/, '');
  if (!isIpv4(gatewayIp)) return undefined;
  const routerPort = Number(options.get('--dport'));
  return {
    kind: 'mark',
    mapping_id: mappingId,
    protocol,
    gateway_ip: gatewayIp,
    router_port: routerPort,
    mark: Number(mark),
  };
}
