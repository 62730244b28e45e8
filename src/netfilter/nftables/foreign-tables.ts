/** Reads the nftables tables of other programs, of which a listing of all chains shows that they may translate ports. */
import type { PortInUse } from '../../pat/router/port-in-use.ts';
import type { RouterWarning } from '../../pat/router/warning.ts';
import { parseJson } from '../../system/tool-errors.ts';
import { refusal } from '../failure.ts';
import type { Namespaces } from '../namespace.ts';
import { isOwnChain } from './marks.ts';
import { type Chain, type NftTable, tableOf } from './ruleset.ts';
import { isBeforeRouting, translationsOf } from './translations.ts';

/** nft lists one table or chain in each run: with several in one it finds none of them (1.0.6). */
const LIST_EACH = [
  '-c',
  'while [ $# -gt 0 ]; do nft --json list "$1" "$2" "$3" ${4:+"$4"} || exit; shift 4; done',
  'sh',
] as const;

/** What other programs have in the tables of nftables. */
export interface ForeignTables {
  readonly portsInUse: readonly PortInUse[];
  readonly warnings: readonly RouterWarning[];
}

/**
 * How much of a base chain iptables-save has shown: nothing, or its rules. Of a rule that writes into a header it shows only the
 * conditions (1.8.9), so each such chain is read again; `rules` where also the chains behind it may have such rules.
 */
type Shown = (chain: Chain) => 'nothing' | 'chain' | 'rules';

/** Gives the ports that tables of other programs translate. Runs nothing where there is no chain before routing. */
export async function readForeignTables(
  namespaces: Namespaces,
  namespace: string,
  chains: readonly Chain[],
  shown: Shown,
): Promise<ForeignTables> {
  const entries = chains.filter((chain) => isBeforeRouting(chain) && !isOwnChain(chain));
  const known = entries.filter((chain) => shown(chain) !== 'nothing');
  const tables = await readTables(namespaces, namespace, entries, (chain) => shown(chain) === 'chain');
  const found = tables.map(([table, from]) => {
    const ofTable = known.filter((chain) => isOf(table, chain));
    return translationsOf(
      table,
      from,
      ofTable.map(({ name }) => name),
    );
  });
  const warning: RouterWarning = {
    code: 'TRANSLATIONS_NOT_SEEN',
    text: `${namespace}: other programs have too many nftables rules to read all: ports that these translate are not seen. Check a new port with \`praas pat check\`.`,
  };
  return {
    portsInUse: found.flatMap(({ portsInUse }) => portsInUse),
    warnings: found.every(({ isComplete }) => isComplete) ? [] : [warning],
  };
}

function isOf({ chains }: NftTable, { family, table, name }: Chain): boolean {
  return chains.some((chain) => chain.family === family && chain.table === table && chain.name === name);
}

/**
 * Gives the tables of these base chains, each with the names of its chains among them; of a table in which `isAlone` holds for all of
 * them, these chains only. Throws KERNEL_UNREADABLE, TOOL_BAD_OUTPUT.
 */
export async function readTables(
  namespaces: Namespaces,
  namespace: string,
  entries: readonly Chain[],
  isAlone: (chain: Chain) => boolean = () => false,
): Promise<readonly (readonly [NftTable, readonly string[]])[]> {
  if (entries.length === 0) return [];
  const groups = [...Map.groupBy(entries, ({ family, table }) => `${family} ${table}`).values()].flatMap(
    (group): (readonly [readonly string[], readonly Chain[]])[] => {
      const [first] = group;
      if (first === undefined) return [];
      const { family, table } = first;
      if (!group.every(isAlone)) return [[['table', family, table, ''], group]];
      return group.map((chain) => [['chain', family, table, chain.name], [chain]]);
    },
  );
  const names = groups.flatMap(([place]) => place);
  const result = await namespaces.run(namespace, { file: 'sh', args: [...LIST_EACH, ...names] });
  if (result.exitCode !== 0) throw refusal(result, { router: namespace, tool: 'nft' });
  const documents = result.stdout.split('\n').filter(Boolean);
  return groups.map(([, group], index) => [
    tableOf(parseJson('nft --json list table', documents[index] ?? '')),
    group.map(({ name }) => name),
  ]);
}
