/** Rules of iptables-legacy beside those of iptables-nft: packets pass both, and each variant shows its own only. */
import { isPraasError } from '../../pat/errors.ts';
import type { PortInUse } from '../../pat/router/port-in-use.ts';
import type { RouterWarning } from '../../pat/router/warning.ts';
import type { ExecResult } from '../../system/exec.ts';
import { COMMAND_NOT_FOUND } from '../../system/tool-errors.ts';
import { refusal } from '../failure.ts';
import type { Namespaces } from '../namespace.ts';
import { portsInUse } from './ports-in-use.ts';
import { parseSavedOutput, parseSavedTable } from './save.ts';

const SAVE = 'iptables-legacy-save';
/** What iptables-nft prints when the other variant has tables, too. */
const PRESENT = /iptables-legacy tables present/;
const TABLES = ['nat', 'mangle'];

/** The tables of iptables-legacy. */
interface LegacyTables {
  /** The output of iptables-legacy-save; undefined on a node without that program. */
  readonly output: string | undefined;
}

/**
 * Takes what iptables-save printed. Gives the tables of iptables-legacy, undefined where there are none. Throws KERNEL_UNREADABLE,
 * NOT_PERMITTED, TOOL_BAD_OUTPUT.
 */
export async function readLegacy(
  namespaces: Namespaces,
  namespace: string,
  { stderr }: ExecResult,
): Promise<LegacyTables | undefined> {
  if (!PRESENT.test(stderr)) return undefined;
  try {
    const result = await namespaces.run(namespace, { file: SAVE, args: [] });
    if (result.exitCode === COMMAND_NOT_FOUND) return { output: undefined };
    if (result.exitCode !== 0) throw refusal(result, { router: namespace, tool: SAVE });
    parseSavedOutput(result.stdout);
    return { output: result.stdout };
  } catch (error) {
    if (isPraasError(error, 'TOOL_MISSING')) return { output: undefined };
    throw error;
  }
}

/** Takes what readLegacy gave. Rules of praas are among them where the node has changed to the other variant: their ports are open. */
export function legacyRules(
  namespace: string,
  legacy: LegacyTables | undefined,
): { readonly portsInUse: readonly PortInUse[]; readonly warnings: readonly RouterWarning[] } {
  if (legacy === undefined) return { portsInUse: [], warnings: [] };
  const { output } = legacy;
  const both = `${namespace}: rules of iptables-legacy and of iptables-nft are present, and each variant ignores the other.`;
  const find = 'Find the program that uses iptables-legacy.';
  if (output === undefined) {
    const text = `${both} Without ${SAVE} on this node ports of that variant are not seen. ${find}`;
    return { portsInUse: [], warnings: [{ code: 'TRANSLATIONS_NOT_SEEN', text }] };
  }
  const rules = TABLES.flatMap((table) => parseSavedTable(output, table).rules);
  return {
    portsInUse: rules.flatMap(portsInUse).map((port) => ({ ...port, text: `${port.text} (iptables-legacy)` })),
    warnings: [{ code: 'BOTH_IPTABLES_VARIANTS', text: `${both} ${find}` }],
  };
}
