/** Reads the nftables tables of other programs, of which a listing of all chains shows that they may translate ports. */
import type { PortInUse } from '../../pat/router/port-in-use.ts';
import type { RouterWarning } from '../../pat/router/warning.ts';
import { parseJson } from '../../system/tool-errors.ts';
import { refusal } from '../failure.ts';
import type { Namespaces } from '../namespace.ts';
import { isOwnChain } from './marks.ts';
import { type Chain, type NftTable, tableOf } from './ruleset.ts';
import { isBeforeRouting, translationsOf } from './translations.ts';

/** nft lists one table in each run: with several in one it finds none of them (1.0.6). */
const LIST_EACH = [
  '-c',
  'while [ $# -gt 0 ]; do nft --json list table "$1" "$2" || exit; shift 2; done',
  'sh',
] as const;

/** What other programs have in the tables of nftables. */
export interface ForeignTables {
  readonly portsInUse: readonly PortInUse[];
  readonly warnings: readonly RouterWarning[];
}

/** A base chain whose rules iptables-save has shown. */
type IsRead = (chain: Chain) => boolean;

/** Gives the ports that tables of other programs translate. Runs nothing where they have no chain before routing. */
export async function readForeignTables(
  namespaces: Namespaces,
  namespace: string,
  chains: readonly Chain[],
  isRead: IsRead,
): Promise<ForeignTables> {
  const entries = chains.filter((chain) => isBeforeRouting(chain) && !isOwnChain(chain) && !isRead(chain));
  const tables = await readTables(namespaces, namespace, entries);
  const found = tables.map(([table, from]) => translationsOf(table, from));
  const warning: RouterWarning = {
    code: 'TRANSLATIONS_NOT_SEEN',
    text: `${namespace}: other programs have too many nftables rules to read all: ports that these translate are not seen. Check a new port with \`praas pat check\`.`,
  };
  return {
    portsInUse: found.flatMap(({ portsInUse }) => portsInUse),
    warnings: found.every(({ isComplete }) => isComplete) ? [] : [warning],
  };
}

/** Gives the tables of these base chains, each with the names of its chains among them. Throws KERNEL_UNREADABLE, TOOL_BAD_OUTPUT. */
export async function readTables(
  namespaces: Namespaces,
  namespace: string,
  entries: readonly Chain[],
): Promise<readonly (readonly [NftTable, readonly string[]])[]> {
  if (entries.length === 0) return [];
  const groups = [...Map.groupBy(entries, ({ family, table }) => `${family} ${table}`).values()];
  const names = groups.flatMap(([first]) => (first ? [first.family, first.table] : []));
  const result = await namespaces.run(namespace, { file: 'sh', args: [...LIST_EACH, ...names] });
  if (result.exitCode !== 0) throw refusal(result, { router: namespace, tool: 'nft' });
  const documents = result.stdout.split('\n').filter(Boolean);
  return groups.map((group, index) => [
    tableOf(parseJson('nft --json list table', documents[index] ?? '')),
    group.map(({ name }) => name),
  ]);
}
