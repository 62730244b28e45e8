/**
 * The iptables backend: chains custom-PREROUTING and custom-POSTROUTING in the nat table, one run of iptables-restore for each
 * namespace and batch, never a flush. It uses the variant (nf_tables or legacy) that `iptables-restore` is on the node, as
 * Neutron does. Only where Neutron's address scopes require marks, it has rules in mangle too. iptables-restore commits table by
 * table, so what is committed is reverted when a later table is refused.
 */

import { praasError } from '../../pat/errors.ts';
import type { Forward } from '../../pat/mapping/forward.ts';
import type { RouterWarning } from '../../pat/router/warning.ts';
import type { Command, ExecResult } from '../../system/exec.ts';
import type { Backend, BackendObservation } from '../backend.ts';
import { mappingIdIn } from '../comment.ts';
import { refusal } from '../failure.ts';
import type { Namespaces } from '../namespace.ts';
import { type FoundRule, rulesOf } from '../rules.ts';
import { baseChainRemovals, changesBuiltInChain, missingBaseChains } from './base-chains.ts';
import { legacyRules, readLegacy } from './legacy.ts';
import { EXIT_BUSY, findNeutronLock, underLock } from './neutron-lock.ts';
import {
  type BaseChainOperation,
  type IptablesTransaction,
  POSTROUTING,
  PREROUTING,
  type RuleOperation,
  ruleOperation,
  type Table,
  tableOf,
} from './operation.ts';
import { portsInUse } from './ports-in-use.ts';
import { renderSection } from './render.ts';
import { parseRule } from './rule.ts';
import { hasNoTarget, optionsOf, parseSavedOutput, parseSavedTable, type SavedOutput, type SavedRule } from './save.ts';
import { readScopes } from './scopes.ts';
import { inverseOf, type Section, sectionsOf } from './sections.ts';
import { unmanagedRule } from './unmanaged-rules.ts';

const OWN_CHAINS = new Set([PREROUTING, POSTROUTING]);

interface IptablesOptions {
  /** How long to wait for the xtables lock and for Neutron's lock, in seconds. */
  readonly waitSeconds: number;
  /** The directories in which Neutron's lock files may be. */
  readonly neutronLockPaths: readonly string[];
}

export class IptablesBackend implements Backend<BaseChainOperation, RuleOperation> {
  readonly name = 'iptables';
  readonly #namespaces: Namespaces;
  readonly #options: IptablesOptions;

  constructor(namespaces: Namespaces, options: IptablesOptions) {
    this.#namespaces = namespaces;
    this.#options = options;
  }

  async observe(namespace: string): Promise<BackendObservation<BaseChainOperation, RuleOperation>> {
    const { stdout, saved, ...result } = await this.#save(namespace);
    const legacy = legacyRules(namespace, await readLegacy(this.#namespaces, namespace, { stdout, ...result }));
    const nat = parseSavedTable(stdout, 'nat');
    const mangle = parseSavedTable(stdout, 'mangle');
    const scopes = readScopes(namespace, mangle, parseSavedTable(stdout, 'filter'));
    const needsMarks = [...scopes.marks.values()].some((mark) => mark !== undefined);
    const [managed, unmanaged] = splitByOwner(nat.rules, 'nat');
    const [marks, others] = splitByOwner(mangle.rules, 'mangle');
    return {
      found: [...managed, ...marks],
      portsInUse: [...[...unmanaged, ...others].flatMap(portsInUse), ...legacy.portsInUse],
      unmanagedRules: unmanaged.flatMap((rule) => unmanagedRule(rule) ?? []),
      missingBaseChains: [...missingBaseChains('nat', nat), ...(needsMarks ? missingBaseChains('mangle', mangle) : [])],
      warnings: [
        ...legacy.warnings,
        ...saved.incompatible.map((table) => unreadWarning(namespace, table)),
        ...scopes.warnings,
      ],
      readTables: saved.isNft ? saved.tables : [],
      partlyShown: nat.rules.some(hasNoTarget) ? ['nat'] : [],
      scopeMarks: scopes.marks,
    };
  }

  async baseChainRemovals(namespace: string): Promise<readonly BaseChainOperation[]> {
    const { stdout } = await this.#save(namespace);
    return (['nat', 'mangle'] as const).flatMap((table) => baseChainRemovals(table, parseSavedTable(stdout, table)));
  }

  /** Throws TABLE_UNREADABLE: without the nat table praas does not know which ports are open. */
  async #save(namespace: string): Promise<ExecResult & { readonly saved: SavedOutput }> {
    // All tables at once: Neutron's other tables are small, and a second process would take longer.
    const result = await this.#namespaces.run(namespace, { file: 'iptables-save', args: ['-c'] });
    if (result.exitCode !== 0) throw refusal(result, { router: namespace, tool: 'iptables-save' });
    const saved = parseSavedOutput(result.stdout);
    if (saved.incompatible.includes('nat')) throw praasError('TABLE_UNREADABLE', { router: namespace, table: 'nat' });
    return { ...result, saved };
  }

  additions(forward: Forward): readonly RuleOperation[] {
    return rulesOf(forward).map((rule) => ruleOperation('append', rule));
  }

  removals(forward: Forward): readonly RuleOperation[] {
    return rulesOf(forward).map((rule) => ruleOperation('delete', rule));
  }

  render(transaction: IptablesTransaction): string {
    return sectionsOf(transaction).map(renderSection).join('');
  }

  async apply(namespace: string, transaction: IptablesTransaction): Promise<void> {
    const committed: Section[] = [];
    try {
      for (const section of sectionsOf(transaction)) {
        await this.#commit(namespace, section);
        committed.unshift(section);
      }
    } catch (error) {
      // What cannot be reverted has no effect, and the next reconcile finds and repairs it.
      for (const section of committed) await this.#commit(namespace, inverseOf(section)).catch(() => undefined);
      throw error;
    }
  }

  async #commit(namespace: string, section: Section): Promise<void> {
    const input = renderSection(section);
    const seconds = this.#options.waitSeconds;
    const args = ['--noflush', '--wait', String(seconds)];
    const restore: Command = { file: 'iptables-restore', args, input, killOnParentExit: true };
    const lock = changesBuiltInChain([...section.baseChains, ...section.rules])
      ? await findNeutronLock(this.#options.neutronLockPaths, namespace)
      : undefined;
    const result = await this.#namespaces.run(namespace, lock ? underLock(lock, seconds, restore) : restore);
    if (result.exitCode === EXIT_BUSY) throw praasError('KERNEL_BUSY', { router: namespace, seconds }, result);
    if (result.exitCode !== 0) {
      throw refusal(result, { router: namespace, tool: 'iptables-restore', script: input });
    }
  }
}

/**
 * Takes the rules of a table, gives those of praas and the unmanaged ones. In a chain of another program a rule is of praas only where
 * it is exactly as praas writes it; then it is deleted like any other that no mapping needs.
 */
function splitByOwner(rules: readonly SavedRule[], table: Table): [FoundRule<RuleOperation>[], SavedRule[]] {
  const managed: FoundRule<RuleOperation>[] = [];
  const unmanaged: SavedRule[] = [];
  for (const saved of rules) {
    const { chain, text, words, counters } = saved;
    const mappingId = mappingIdIn(optionsOf(words).get('--comment'));
    const rule = mappingId && (OWN_CHAINS.has(chain) ? parseRule(chain, words) : undefined);
    // With a chain that was renamed, or as a copy, a rule of praas goes on to translate its port.
    if (!mappingId || !(OWN_CHAINS.has(chain) || isStray(words))) unmanaged.push(saved);
    else {
      const removal: RuleOperation = { table, chain, op: 'delete', spec: { kind: 'saved', text } };
      // In the other table a rule has no effect.
      managed.push({
        mapping_id: mappingId,
        rule: rule && tableOf(rule) === table ? rule : undefined,
        removal,
        counters,
      });
    }
  }
  return [managed, unmanaged];
}

function isStray(words: readonly string[]): boolean {
  return [...OWN_CHAINS].some((chain) => parseRule(chain, words) !== undefined);
}

/** Of mangle and filter praas reads only the rules for address scopes. */
function unreadWarning(namespace: string, table: string): RouterWarning {
  const text =
    `${namespace}: iptables cannot show the table ${table}, which has rules that were added with nft: rules for address scopes ` +
    `are not seen. Move the rules that iptables has not written to another table.`;
  return { code: 'TABLE_NOT_READ', text };
}
