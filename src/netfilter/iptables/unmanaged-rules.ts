/**
 * Unmanaged rules in the two chains of praas → what a mapping could do instead of them. Every option is read: a rule with an
 * option that a mapping does not have is of kind `other`, because a mapping would do something else. Pure.
 */
import { canonicalCidr, isCidr, isIpv4 } from '../../core/values/ipv4.ts';
import type {
  Destination,
  NotExpressible,
  ServerPort,
  UnmanagedDnatRule,
  UnmanagedMasqueradeRule,
} from '../../pat/plan/unmanaged-rules.ts';
import type { FoundUnmanagedRule } from '../backend.ts';
import { POSTROUTING, PREROUTING, type RuleOperation } from './operation.ts';
import { matchedPorts } from './ports-in-use.ts';
import { type Options, optionsOf, type SavedRule, shownText } from './save.ts';

/** Non-terminating targets (undefined: no target): packets go on to the next rule. */
const NON_TERMINATING: readonly (string | undefined)[] = ['LOG', 'NFLOG', undefined];
const READ_OPTIONS = new Set(['-s', '-d', '-p', '-m', '--dport', '--comment', '-j', '--to-destination']);

interface Found {
  readonly text: string;
  readonly handle: RuleOperation;
}

/**
 * Takes a rule of the nat table that praas did not write. Gives undefined for one that is not in a chain of praas, and for one
 * in custom-POSTROUTING other than MASQUERADE for one port of one server.
 */
export function unmanagedRule(saved: SavedRule): FoundUnmanagedRule<RuleOperation> | undefined {
  const { chain, text } = saved;
  if (chain !== PREROUTING && chain !== POSTROUTING) return undefined;
  const options = optionsOf(saved.words);
  const handle: RuleOperation = { table: 'nat', chain, op: 'delete', spec: { kind: 'saved', text } };
  const found = { text: shownText(saved), handle };
  if (chain === POSTROUTING) return masqueradeRule(saved, options, found);
  const rule = dnatRule(saved, options, found);
  if ('kind' in rule) return rule;
  const covers = NON_TERMINATING.includes(options.get('-j') ?? options.get('-g')) ? [] : matchedPorts(saved);
  return { kind: 'other', ...found, reason: rule, covers, destination: destinationOf(options) };
}

/** The rule, or why no mapping can replace it. */
function dnatRule(saved: SavedRule, options: Options, found: Found): (UnmanagedDnatRule & Found) | NotExpressible {
  const [serverIp = '', toPort, ...more] = toDestination(options);
  const source = options.get('-s');
  const gatewayIp = options.get('-d')?.replace(/\/32$/, '');
  const protocol = protocolOf(options);
  if (options.get('-j') !== 'DNAT') return { code: 'TARGET_NOT_DNAT' };
  const unsupported = unsupportedOption(saved.words, protocol);
  if (unsupported !== undefined) return { code: 'OPTION_NOT_SUPPORTED', option: unsupported };
  if (protocol === undefined) return { code: 'PROTOCOL_NOT_SUPPORTED' };
  const routerPort = portOf(options.get('--dport'));
  if (routerPort === undefined) return { code: 'NOT_ONE_ROUTER_PORT' };
  const serverPort = toPort === undefined ? routerPort : portOf(toPort);
  if (!isIpv4(serverIp) || serverPort === undefined || more.length > 0) return { code: 'NOT_ONE_SERVER_PORT' };
  if (gatewayIp !== undefined && !isIpv4(gatewayIp)) return { code: 'NOT_ONE_GATEWAY_ADDRESS' };
  if (source !== undefined && !isCidr(source)) return { code: 'SOURCE_NOT_A_NETWORK' };
  const network = source === undefined ? undefined : canonicalCidr(source);
  return {
    kind: 'dnat',
    ...found,
    protocol,
    gateway_ip: gatewayIp,
    router_port: routerPort,
    server_ip: serverIp,
    server_port: serverPort,
    source: network,
  };
}

/** The parts of --to-destination: an address or a range of them, then a port or a range of them. */
function toDestination(options: Options): readonly string[] {
  return (options.get('--to-destination') ?? '').split(':');
}

function destinationOf(options: Options): Destination | undefined {
  const [address = ''] = toDestination(options);
  if (address === '') return undefined;
  return isIpv4(address) ? { kind: 'one', server_ip: address } : { kind: 'several' };
}

/** Only MASQUERADE for one port of one server, from any source. */
function masqueradeRule(
  saved: SavedRule,
  options: Options,
  found: Found,
): (UnmanagedMasqueradeRule & Found) | undefined {
  const protocol = protocolOf(options);
  const serverIp = (options.get('-d') ?? '').replace(/\/32$/, '');
  const serverPort = portOf(options.get('--dport'));
  if (options.get('-j') !== 'MASQUERADE' || options.has('-s')) return undefined;
  if (unsupportedOption(saved.words, protocol) !== undefined) return undefined;
  if (protocol === undefined || !isIpv4(serverIp) || serverPort === undefined) return undefined;
  return { kind: 'masquerade', ...found, protocol, server_ip: serverIp, server_port: serverPort };
}

function protocolOf(options: Options): ServerPort['protocol'] | undefined {
  const protocol = options.get('-p');
  return protocol === 'tcp' || protocol === 'udp' ? protocol : undefined;
}

function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** The first option, with its value, that no mapping has. Words alternate: an option, then its value. */
function unsupportedOption(words: readonly string[], protocol: string | undefined): string | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < words.length; index += 2) {
    const option = words[index] ?? '';
    const value = words[index + 1];
    if (option === '!') return `${option} ${value}`;
    if (!READ_OPTIONS.has(option) || value === undefined) return value === undefined ? option : `${option} ${value}`;
    if (option === '-m' ? value !== 'comment' && value !== protocol : seen.has(option)) return `${option} ${value}`;
    seen.add(option);
  }
  return undefined;
}
