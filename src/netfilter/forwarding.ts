/** Whether the kernel forwards packets in a namespace, and the rules and routes that they pass. */
import type { FilterVerdict, ForwardedPacket, Forwarding, RouterInterface } from '../pat/router/forwarding.ts';
import type { ExecResult } from '../system/exec.ts';
import { badOutput, parseJson } from '../system/tool-errors.ts';
import type { BackendName } from './backend.ts';
import { refusal } from './failure.ts';
import { iptablesFilter, natFilter } from './iptables/filter.ts';
import { readLegacy } from './iptables/legacy.ts';
import { parseSavedOutput } from './iptables/save.ts';
import type { Namespaces } from './namespace.ts';
import { nftFilter, stagesOf } from './nftables/filter.ts';
import { readTables } from './nftables/foreign-tables.ts';
import { isOwnChain } from './nftables/marks.ts';
import { type Chain, type NftTable, tableOf } from './nftables/ruleset.ts';
import { packetsAt, type Stage, uncertain, verdictFor, worst } from './passage.ts';
import { type Ends, type InterfaceAddress, readRouting } from './routing.ts';

const SETTINGS = ['-c', 'grep -H . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/forwarding'];
const SETTING = /^\/proc\/sys\/net\/ipv4\/(?:conf\/(.+)\/forwarding|ip_forward):([01])$/;
/** The name of the setting for the whole namespace; no interface has one with a slash. */
const MAIN = '/';
/** Settings for all interfaces and for new ones. */
const NO_INTERFACES = [MAIN, 'all', 'default', 'lo'];
const DISCONNECTED = ['DOWN', 'LOWERLAYERDOWN'];

/** What a check asks for. */
interface ForwardingQuery {
  /** Of the mappings that are looked at. */
  readonly ends: readonly Ends[];
  /** The backend whose rules translate the packets. */
  readonly backend: BackendName;
}

/** The priorities of the rules of praas, which nftables has for `dstnat - 10` and `dstnat`. */
const DNAT_PRIORITY: Readonly<Record<BackendName, number>> = { nftables: -110, iptables: -100 };
/** Base chains whose rules iptables-save shows. */
const SHOWN = ['PREROUTING', 'FORWARD', 'POSTROUTING'];

/**
 * Reads all rules that packets of a mapping pass, of any program, and the routing. Throws ROUTER_NOT_FOUND, NAMESPACE_UNREADABLE,
 * TOOL_MISSING, TOOL_FAILED, TOOL_BAD_OUTPUT, NOT_PERMITTED, KERNEL_UNREADABLE.
 */
export async function readForwarding(
  namespaces: Namespaces,
  namespace: string,
  { ends, backend }: ForwardingQuery,
): Promise<Forwarding> {
  const run = async (file: string, ...args: readonly string[]): Promise<ExecResult> => {
    const result = await namespaces.run(namespace, { file, args });
    if (result.exitCode !== 0) throw refusal(result, { router: namespace, tool: file });
    return result;
  };
  const [links, settings, saved, listed] = await Promise.all([
    run('ip', '-4', '-j', 'addr', 'show'),
    run('sh', ...SETTINGS),
    run('iptables-save'),
    run('nft', '--json', 'list', 'chains'),
  ]);
  const found = parseLinks(links.stdout);
  const [filter, legacy, route] = await Promise.all([
    readNftFilter(namespaces, namespace, saved.stdout, listed.stdout, backend),
    readLegacy(namespaces, namespace, saved),
    readRouting(namespaces, namespace, found.flatMap(addressesOf), ends),
  ]);
  const outputs = [saved.stdout, legacy?.output].filter((output) => output !== undefined);
  const filters = outputs.map(iptablesFilter);
  const nat = natFilter(saved.stdout, backend !== 'iptables');
  return {
    interfaces: found.map(interfaceOf),
    ...parseSettings(settings.stdout),
    filter: (packet) => worst([...filters.flatMap((each) => each(packet)), nat(packet), ...filter(packet)]),
    route,
  };
}

/** Reads the tables of nftables whose rules `saved`, the output of iptables-save, does not show. */
async function readNftFilter(
  namespaces: Namespaces,
  namespace: string,
  saved: string,
  listed: string,
  backend: BackendName,
): Promise<(packet: ForwardedPacket) => FilterVerdict[]> {
  const { tables: read, isNft } = parseSavedOutput(saved);
  const isRead = ({ family, table, name }: Chain): boolean =>
    isNft && family === 'ip' && read.includes(table) && SHOWN.includes(name);
  const { chains } = tableOf(parseJson('nft --json list chains', listed));
  const stages = (chain: Chain): readonly Stage[] => stagesOf(chain, DNAT_PRIORITY[backend]);
  const entries = chains.filter((chain) => stages(chain).length > 0 && !isRead(chain) && !isOwnChain(chain));
  const tables = await readTables(namespaces, namespace, entries);
  return (packet) =>
    tables.flatMap(([table, bases]) =>
      table.chains
        .filter(({ name }) => bases.includes(name))
        .flatMap((chain) => chainVerdicts(table, chain, stages(chain), packet)),
    );
}

function chainVerdicts(
  table: NftTable,
  chain: Chain,
  stages: readonly Stage[],
  packet: ForwardedPacket,
): FilterVerdict[] {
  // nft does not say of which interface a chain of netdev is, nor which of two chains with one priority is the first.
  const isCertain = stages.length === 1 && chain.family !== 'netdev' && chain.hook !== 'ingress';
  return stages.flatMap((stage) =>
    packetsAt(stage, packet)
      // Only the first packet of a connection passes a nat chain.
      .filter(({ known }) => chain.type !== 'nat' || known === 'destination')
      .map((seen) => {
        const verdict = verdictFor(seen, nftFilter(table, chain.name, seen));
        return isCertain ? verdict : uncertain(verdict);
      }),
  );
}

interface Link {
  readonly ifname: string;
  readonly flags?: readonly string[];
  readonly operstate?: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** Takes the output of `ip -4 -j addr show`. Throws TOOL_BAD_OUTPUT. */
export function parseInterfaces(output: string): RouterInterface[] {
  return parseLinks(output).map(interfaceOf);
}

function parseLinks(output: string): readonly Link[] {
  const links = parseJson('ip -4 -j addr show', output);
  if (!Array.isArray(links)) throw badOutput('ip -4 -j addr show', output);
  return links as Link[];
}

function interfaceOf({ ifname, flags = [], operstate = '', addr_info = [] }: Link): RouterInterface {
  return {
    name: ifname,
    // Virtual interfaces without a state of their own are UNKNOWN.
    isUp: flags.includes('UP') && !DISCONNECTED.includes(operstate),
    addresses: addr_info.flatMap(({ local }) => local ?? []),
  };
}

function addressesOf({ ifname, addr_info = [] }: Link): InterfaceAddress[] {
  return addr_info.flatMap(({ local, prefixlen = 32 }) =>
    local === undefined ? [] : [{ interface: ifname, address: local, prefix: prefixlen }],
  );
}

/** Takes `path:value` lines of /proc/sys. Throws TOOL_BAD_OUTPUT. */
export function parseSettings(output: string): Pick<Forwarding, 'isEnabled' | 'disabledInterfaces'> {
  const settings = new Map(
    output.split('\n').flatMap((line) => {
      const [, name = MAIN, value] = SETTING.exec(line) ?? [];
      return value === undefined ? [] : [[name, value === '1'] as const];
    }),
  );
  const isEnabled = settings.get(MAIN);
  if (isEnabled === undefined) throw badOutput('grep -H . /proc/sys/net/ipv4/ip_forward', output);
  const disabled = [...settings].flatMap(([name, isOn]) => (isOn || NO_INTERFACES.includes(name) ? [] : [name]));
  return { isEnabled, disabledInterfaces: disabled };
}
