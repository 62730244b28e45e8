/** Whether the kernel forwards packets in a namespace, and the filters that they pass. */
import type { FilterVerdict, Forwarding, RouterInterface } from '../pat/router/forwarding.ts';
import { badOutput, parseJson } from '../system/tool-errors.ts';
import { refusal } from './failure.ts';
import { iptablesFilter } from './iptables/filter.ts';
import { parseSavedOutput } from './iptables/save.ts';
import type { Namespaces } from './namespace.ts';
import { isForwardFilter, nftFilter } from './nftables/filter.ts';
import { readTables } from './nftables/foreign-tables.ts';
import { type Chain, tableOf } from './nftables/ruleset.ts';

const SETTINGS = ['-c', 'grep -H . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/forwarding'];
const SETTING = /^\/proc\/sys\/net\/ipv4\/(?:conf\/(.+)\/forwarding|ip_forward):([01])$/;
/** The name of the setting for the whole namespace; no interface has one with a slash. */
const MAIN = '/';
/** Settings for all interfaces and for new ones. */
const NO_INTERFACES = [MAIN, 'all', 'default', 'lo'];
const DISCONNECTED = ['DOWN', 'LOWERLAYERDOWN'];

/**
 * Reads all filters for forwarded packets, of any program. Throws ROUTER_NOT_FOUND, NAMESPACE_UNREADABLE, TOOL_MISSING,
 * TOOL_BAD_OUTPUT, NOT_PERMITTED, KERNEL_UNREADABLE.
 */
export async function readForwarding(namespaces: Namespaces, namespace: string): Promise<Forwarding> {
  const run = async (file: string, ...args: readonly string[]): Promise<string> => {
    const result = await namespaces.run(namespace, { file, args });
    if (result.exitCode !== 0) throw refusal(result, { router: namespace, tool: file });
    return result.stdout;
  };
  const [links, settings, saved, listed] = await Promise.all([
    run('ip', '-4', '-j', 'addr', 'show'),
    run('sh', ...SETTINGS),
    run('iptables-save'),
    run('nft', '--json', 'list', 'chains'),
  ]);
  const { tables: read, isNft } = parseSavedOutput(saved);
  const isRead = ({ family, table, name }: Chain): boolean =>
    isNft && family === 'ip' && read.includes(table) && name === 'FORWARD';
  const { chains } = tableOf(parseJson('nft --json list chains', listed));
  const tables = await readTables(
    namespaces,
    namespace,
    chains.filter((chain) => isForwardFilter(chain) && !isRead(chain)),
  );
  return {
    interfaces: parseInterfaces(links),
    ...parseSettings(settings),
    filter: (packet) =>
      worst([
        ...iptablesFilter(saved, packet),
        ...tables.flatMap(([table, bases]) => bases.map((base) => nftFilter(table, base, packet))),
      ]),
  };
}

interface Link {
  readonly ifname: string;
  readonly flags?: readonly string[];
  readonly operstate?: string;
  readonly addr_info?: readonly { readonly local?: string }[];
}

/** Takes the output of `ip -4 -j addr show`. Throws TOOL_BAD_OUTPUT. */
export function parseInterfaces(output: string): RouterInterface[] {
  const links = parseJson('ip -4 -j addr show', output);
  if (!Array.isArray(links)) throw badOutput('ip -4 -j addr show', output);
  return (links as Link[]).map(({ ifname, flags = [], operstate = '', addr_info = [] }) => ({
    name: ifname,
    // Virtual interfaces without a state of their own are UNKNOWN.
    isUp: flags.includes('UP') && !DISCONNECTED.includes(operstate),
    addresses: addr_info.flatMap(({ local }) => local ?? []),
  }));
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

/** A packet has to pass all filters. */
function worst(verdicts: readonly FilterVerdict[]): FilterVerdict {
  return (
    verdicts.find(({ verdict }) => verdict === 'drops') ??
    verdicts.find(({ verdict }) => verdict === 'may_drop') ?? { verdict: 'accepts' }
  );
}
