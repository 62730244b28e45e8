/**
 * The nftables backend: everything is in the table `ip praas` (layout.ts), one run of nft for each namespace and batch. nft
 * applies all of its input or nothing.
 */
import type { Forward } from '../../pat/mapping/forward.ts';
import type { Command } from '../../system/exec.ts';
import { parseJson } from '../../system/tool-errors.ts';
import type { Backend, BackendObservation } from '../backend.ts';
import { refusal } from '../failure.ts';
import type { Namespaces } from '../namespace.ts';
import { rulesOf } from '../rules.ts';
import { baseChains, FAMILY, TABLE } from './layout.ts';
import { parseListing, type TableContents } from './listing.ts';
import type { ElementOperation, NftablesTransaction, Statement } from './operation.ts';
import { renderTransaction } from './render.ts';
import { type Chain, tableOf } from './ruleset.ts';

const NO_TABLE = /^Error: No such file or directory\nlist table ip praas\b/m;
/**
 * The chains of all tables, without their rules, and the table of praas. The exit code is that of the second listing, which fails
 * where there is no such table.
 */
const LIST = ['-c', `nft --json list chains && nft --json list table ${FAMILY} ${TABLE}`] as const;

interface Reading {
  readonly chains: readonly Chain[];
  /** Undefined when the table does not exist. */
  readonly contents: TableContents | undefined;
}

export class NftablesBackend implements Backend<Statement, ElementOperation> {
  readonly name = 'nftables';
  readonly #namespaces: Namespaces;

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces;
  }

  async observe(namespace: string): Promise<BackendObservation<Statement, ElementOperation>> {
    const { contents, chains } = await this.#read(namespace);
    const found = contents ?? { found: [], portsInUse: [], missingBaseChains: baseChains() };
    return { ...found, chains, warnings: [] };
  }

  async baseChainRemovals(namespace: string): Promise<readonly Statement[]> {
    const { contents } = await this.#read(namespace);
    const isEmpty = contents && contents.found.length + contents.portsInUse.length === 0;
    return isEmpty ? [{ op: 'delete', object: 'table' }] : [];
  }

  async #read(namespace: string): Promise<Reading> {
    const result = await this.#namespaces.run(namespace, { file: 'sh', args: LIST });
    const [first = '', second = ''] = result.stdout.split('\n');
    const hasTable = !NO_TABLE.test(result.stderr);
    if (result.exitCode !== 0 && hasTable) throw refusal(result, { router: namespace, tool: 'nft' });
    const { chains } = tableOf(parseJson('nft --json list chains', first));
    return { chains, contents: hasTable ? parseListing(second) : undefined };
  }

  additions(forward: Forward): readonly ElementOperation[] {
    return rulesOf(forward).map((rule) => ({ op: 'add', rule }));
  }

  removals(forward: Forward): readonly ElementOperation[] {
    return rulesOf(forward).map((rule) => ({ op: 'delete', rule }));
  }

  render(transaction: NftablesTransaction): string {
    return renderTransaction(transaction);
  }

  async apply(namespace: string, transaction: NftablesTransaction): Promise<void> {
    const input = renderTransaction(transaction);
    const command: Command = { file: 'nft', args: ['-f', '-'], input, killOnParentExit: true };
    const result = await this.#namespaces.run(namespace, command);
    if (result.exitCode !== 0) throw refusal(result, { router: namespace, tool: 'nft', script: input });
  }
}
