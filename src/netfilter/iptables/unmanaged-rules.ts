/**
 * Rules of others in our two chains → what they say, where a mapping could say the same. Read word by word: a rule with one
 * word that is not understood is none of these, because its meaning would be lost. Pure.
 */
import { canonicalCidr, isCidr, isIpv4 } from '../../core/values/ipv4.ts';
import type {
  ServerPort,
  UnmanagedDnatRule,
  UnmanagedMasqueradeRule,
  UnmanagedRule,
} from '../../pat/plan/unmanaged-rules.ts';
import { coverOf } from './ports-in-use.ts';
import { optionsOf, POSTROUTING, PREROUTING } from './rule.ts';
import type { SavedRule } from './save.ts';

/** Packets go on behind them. */
const PASSING: readonly (string | undefined)[] = ['LOG', 'NFLOG', undefined];
const UNDERSTOOD = new Set(['-s', '-d', '-p', '-m', '--dport', '--comment', '-j', '--to-destination']);

/** Takes a rule of nat that is not ours. Gives nothing for one that is in no chain of ours, or hides callers in its own way. */
export function foreignRule(saved: SavedRule): UnmanagedRule | undefined {
  if (saved.chain !== PREROUTING && saved.chain !== POSTROUTING) return undefined;
  const options = optionsOf(saved.words);
  const found = { text: `-A ${saved.chain} ${saved.text}`, handle: `-D ${saved.chain} ${saved.text}` };
  if (saved.chain === POSTROUTING) return hidingRule(saved, options, found);
  const rule = leadingRule(saved, options, found);
  if (typeof rule !== 'string') return rule;
  const covers = PASSING.includes(options.get('-j') ?? options.get('-g')) ? [] : coverOf(saved);
  return { kind: 'other', ...found, reason: rule, covers, destination: options.get('--to-destination') ?? '' };
}

type Options = ReadonlyMap<string, string>;
type Found = Pick<UnmanagedRule, 'text' | 'handle'>;

/** The rule, or why it is none. */
function leadingRule(saved: SavedRule, options: Options, found: Found): UnmanagedDnatRule | string {
  const [server_ip = '', toPort, ...more] = (options.get('--to-destination') ?? '').split(':');
  const source = options.get('-s');
  const gateway_ip = options.get('-d')?.replace(/\/32$/, '');
  const protocol = protocolOf(options);
  if (options.get('-j') !== 'DNAT') return 'it leads to no server (no -j DNAT)';
  const strange = strangeWord(saved.words, protocol);
  if (strange !== undefined) return `a mapping has nothing like its ${strange}`;
  if (protocol === undefined) return 'it is not for one of tcp and udp';
  const router_port = portOf(options.get('--dport'));
  if (router_port === undefined) return 'it is not for one port';
  const server_port = toPort === undefined ? router_port : portOf(toPort);
  if (!isIpv4(server_ip) || server_port === undefined || more.length > 0)
    return 'it does not lead to one port of one server';
  if (gateway_ip !== undefined && !isIpv4(gateway_ip)) return 'it is for the addresses of a whole network';
  if (source !== undefined && !isCidr(source)) return 'its -s is no network';
  const from = source === undefined ? undefined : canonicalCidr(source);
  return { kind: 'leads', ...found, protocol, gateway_ip, router_port, server_ip, server_port, source: from };
}

/** Only what hides callers from one port of one server, for whatever reason they come. */
function hidingRule(saved: SavedRule, options: Options, found: Found): UnmanagedMasqueradeRule | undefined {
  const protocol = protocolOf(options);
  const server_ip = (options.get('-d') ?? '').replace(/\/32$/, '');
  const server_port = portOf(options.get('--dport'));
  if (options.get('-j') !== 'MASQUERADE' || options.has('-s') || strangeWord(saved.words, protocol)) return undefined;
  if (protocol === undefined || !isIpv4(server_ip) || server_port === undefined) return undefined;
  return { kind: 'hides', ...found, protocol, server_ip, server_port };
}

function protocolOf(options: Options): ServerPort['protocol'] | undefined {
  const protocol = options.get('-p');
  return protocol === 'tcp' || protocol === 'udp' ? protocol : undefined;
}

function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** The first word that changes what the rule says in a way that is not understood; what stands behind a word is its value. */
function strangeWord(words: readonly string[], protocol: string | undefined): string | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < words.length; index += 2) {
    const word = words[index] ?? '';
    const value = words[index + 1];
    if (word === '!') return `${word} ${value}`;
    if (!UNDERSTOOD.has(word) || value === undefined) return value === undefined ? word : `${word} ${value}`;
    if (word === '-m' ? value !== 'comment' && value !== protocol : seen.has(word)) return `${word} ${value}`;
    seen.add(word);
  }
  return undefined;
}
