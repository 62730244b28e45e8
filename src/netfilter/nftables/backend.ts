/**
 * The nftables backend: everything is in the table `ip praas` (layout.ts), one run of nft for each namespace and batch. nft
 * applies all of its input or nothing.
 */
import type { Forward } from '../../pat/mapping/forward.ts';
import type { Command } from '../../system/exec.ts';
import type { Backend, BackendObservation } from '../backend.ts';
import { refusal } from '../failure.ts';
import type { Namespaces } from '../namespace.ts';
import { rulesOf } from '../rules.ts';
import { baseChains, FAMILY, TABLE } from './layout.ts';
import { parseListing, type TableContents } from './listing.ts';
import type { ElementOperation, NftablesTransaction, Statement } from './operation.ts';
import { renderTransaction } from './render.ts';

const NO_TABLE = /No such file or directory/;

export class NftablesBackend implements Backend<Statement, ElementOperation> {
  readonly name = 'nftables';
  readonly #namespaces: Namespaces;

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces;
  }

  async observe(namespace: string): Promise<BackendObservation<Statement, ElementOperation>> {
    const contents = await this.#read(namespace);
    return { ...(contents ?? { found: [], portsInUse: [], missingBaseChains: baseChains() }), warnings: [] };
  }

  async baseChainRemovals(namespace: string): Promise<readonly Statement[]> {
    const contents = await this.#read(namespace);
    const isEmpty = contents && contents.found.length + contents.portsInUse.length === 0;
    return isEmpty ? [{ op: 'delete', object: 'table' }] : [];
  }

  /** The contents of the table; undefined when it does not exist. */
  async #read(namespace: string): Promise<TableContents | undefined> {
    const command = { file: 'nft', args: ['--json', 'list', 'table', FAMILY, TABLE] };
    const result = await this.#namespaces.run(namespace, command);
    if (result.exitCode === 0) return parseListing(result.stdout);
    if (NO_TABLE.test(result.stderr)) return undefined;
    throw refusal(result, { router: namespace, tool: 'nft' });
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
