/** The names of the IPv4 tables in a namespace, of both variants of iptables and of nft. */
import { toolFailed } from '../system/tool-errors.ts';
import { refusal } from './failure.ts';
import type { Namespaces } from './namespace.ts';

/** Where the module of iptables-legacy is not loaded. */
const NO_FILE = /No such file or directory/;

interface TableNames {
  /** Of iptables-legacy. */
  readonly legacy: readonly string[];
  /** Of iptables-nft and nft. */
  readonly nft: readonly string[];
}

/** Without nft on the node (`hasNft`) there are none of its tables. Throws ROUTER_NOT_FOUND, KERNEL_UNREADABLE, TOOL_FAILED. */
export async function readTableNames(namespaces: Namespaces, namespace: string, hasNft: boolean): Promise<TableNames> {
  const legacy = await namespaces.run(namespace, { file: 'cat', args: ['/proc/self/net/ip_tables_names'] });
  if (legacy.exitCode !== 0 && !NO_FILE.test(legacy.stderr)) throw toolFailed('cat /proc/net/ip_tables_names', legacy);
  const nft = hasNft ? await namespaces.run(namespace, { file: 'nft', args: ['list', 'tables', 'ip'] }) : undefined;
  if (nft !== undefined && nft.exitCode !== 0) throw refusal(nft, { router: namespace, tool: 'nft' });
  return {
    legacy: legacy.exitCode === 0 ? legacy.stdout.split('\n').filter(Boolean) : [],
    nft: [...(nft?.stdout ?? '').matchAll(/^table ip (\S+)$/gm)].map(([, name = '']) => name),
  };
}
