/** The names of the IPv4 tables in a namespace, of both variants of iptables and of nft. */
import type { Namespaces } from './namespace.ts';

interface TableNames {
  /** Of iptables-legacy. */
  readonly legacy: readonly string[];
  /** Of iptables-nft and nft. */
  readonly nft: readonly string[];
}

/** Without nft on the node (`hasNft`) there are none of its tables. Throws ROUTER_NOT_FOUND. */
export async function readTableNames(namespaces: Namespaces, namespace: string, hasNft: boolean): Promise<TableNames> {
  const legacy = await namespaces.run(namespace, { file: 'cat', args: ['/proc/self/net/ip_tables_names'] });
  const nft = hasNft ? await namespaces.run(namespace, { file: 'nft', args: ['list', 'tables', 'ip'] }) : undefined;
  return {
    legacy: legacy.exitCode === 0 ? legacy.stdout.split('\n').filter(Boolean) : [],
    nft: [...(nft?.stdout ?? '').matchAll(/^table ip (\S+)$/gm)].map(([, name = '']) => name),
  };
}
