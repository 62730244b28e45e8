/**
 * The iptables backend: chains custom-PREROUTING and custom-POSTROUTING in the nat table, one transaction of
 * iptables-restore per namespace, never a flush. Works with the nf_tables and the legacy variant: it uses the one that
 * the node's `iptables-restore` is, as Neutron does. Only where Neutron's address scopes ask for marks there are rules in
 * mangle too; iptables-restore commits table by table, so what was committed is taken back when the rest is refused.
 */
import { praasError } from '../../pat/errors.ts';
import type { Forward } from '../../pat/mapping/forward.ts';
import type { Command, ExecResult } from '../../system/exec.ts';
import type { Backend, BackendObservation, Script } from '../backend.ts';
import { mappingIdIn } from '../comment.ts';
import { refusal } from '../failure.ts';
import type { Namespaces } from '../namespace.ts';
import { type FoundRule, rulesOf } from '../rules.ts';
import { emptyFrame, emptyMarkFrame, missingFrame, missingMarkFrame, touchesBuiltIn } from './frame.ts';
import { EXIT_BUSY, findNeutronLock, underLock } from './neutron-lock.ts';
import { claimsOf } from './ports-in-use.ts';
import { optionsOf, POSTROUTING, PREROUTING, parseRule, renderRule, tableOf } from './rule.ts';
import { parseSavedTable, type SavedRule } from './save.ts';
import { readScopes } from './scopes.ts';
import { inMangle, inverseOf, type Section, sectionsOf, textOf } from './script.ts';
import { foreignRule } from './unmanaged-rules.ts';

const OWN_CHAINS = new Set([PREROUTING, POSTROUTING]);
const MIXED = /iptables-legacy tables present/;

export interface IptablesOptions {
  /** How long to wait for the xtables lock and for Neutron's, in seconds. */
  readonly waitSeconds: number;
  /** Where Neutron's lock files may be. */
  readonly neutron_lock_path: readonly string[];
}

export class IptablesBackend implements Backend {
  readonly name = 'iptables';
  readonly #namespaces: Namespaces;
  readonly #options: IptablesOptions;

  constructor(namespaces: Namespaces, options: IptablesOptions) {
    this.#namespaces = namespaces;
    this.#options = options;
  }

  async observe(namespace: string): Promise<BackendObservation> {
    const result = await this.#save(namespace);
    const nat = parseSavedTable(result.stdout, 'nat');
    const mangle = parseSavedTable(result.stdout, 'mangle');
    const scopes = readScopes(namespace, mangle, parseSavedTable(result.stdout, 'filter'));
    const needsMarks = [...scopes.marks.values()].some((mark) => mark !== undefined);
    const [ours, others] = splitByOwner(nat.rules, 'nat');
    const [ourMarks] = splitByOwner(mangle.rules, 'mangle');
    return {
      found: [...ours, ...ourMarks],
      portsInUse: others.flatMap(claimsOf),
      unmanagedRules: others.flatMap((rule) => foreignRule(rule) ?? []),
      frame: [...missingFrame(nat), ...(needsMarks ? missingMarkFrame(mangle) : [])],
      warnings: [...(MIXED.test(result.stderr) ? [mixedWarning(namespace)] : []), ...scopes.warnings],
      scopeMarks: scopes.marks,
    };
  }

  async dismantling(namespace: string): Promise<readonly string[]> {
    const { stdout } = await this.#save(namespace);
    return [...emptyFrame(parseSavedTable(stdout, 'nat')), ...emptyMarkFrame(parseSavedTable(stdout, 'mangle'))];
  }

  async #save(namespace: string): Promise<ExecResult> {
    // All tables at once: Neutron's others are small, and a second process would cost more.
    const result = await this.#namespaces.run(namespace, { file: 'iptables-save', args: ['-c'] });
    if (result.exitCode === 0) return result;
    throw refusal(result, { router: namespace, tool: 'iptables-save', script: '' });
  }

  additions(forward: Forward): readonly string[] {
    return rulesOf(forward).map((rule) => lineFor(tableOf(rule), `-A ${renderRule(rule)}`));
  }

  removals(forward: Forward): readonly string[] {
    return rulesOf(forward).map((rule) => lineFor(tableOf(rule), `-D ${renderRule(rule)}`));
  }

  text(script: Script): string {
    return sectionsOf(script).map(textOf).join('');
  }

  async apply(namespace: string, script: Script): Promise<void> {
    const committed: Section[] = [];
    try {
      for (const section of sectionsOf(script)) {
        await this.#commit(namespace, section);
        committed.unshift(section);
      }
    } catch (error) {
      // What cannot be taken back is harmless, and found and put right by the next look.
      for (const section of committed) await this.#commit(namespace, inverseOf(section)).catch(() => undefined);
      throw error;
    }
  }

  async #commit(namespace: string, section: Section): Promise<void> {
    const input = textOf(section);
    const seconds = this.#options.waitSeconds;
    const args = ['--noflush', '--wait', String(seconds)];
    const restore: Command = { file: 'iptables-restore', args, input, killOnParentExit: true };
    const lock = touchesBuiltIn(section.frame)
      ? await findNeutronLock(this.#options.neutron_lock_path, namespace)
      : undefined;
    const result = await this.#namespaces.run(namespace, lock ? underLock(lock, seconds, restore) : restore);
    if (result.exitCode === EXIT_BUSY) throw praasError('KERNEL_BUSY', { router: namespace, seconds }, result);
    if (result.exitCode !== 0) {
      throw refusal(result, { router: namespace, tool: 'iptables-restore', script: input });
    }
  }
}

/** Takes the rules of a table, gives ours and those of others. */
function splitByOwner(rules: readonly SavedRule[], table: Section['table']): [FoundRule[], SavedRule[]] {
  const ours: FoundRule[] = [];
  const others: SavedRule[] = [];
  for (const saved of rules) {
    const mapping_id = OWN_CHAINS.has(saved.chain) && mappingIdIn(optionsOf(saved.words).get('--comment'));
    if (!mapping_id) others.push(saved);
    else {
      const removal = lineFor(table, `-D ${saved.chain} ${saved.text}`);
      const rule = parseRule(saved.chain, saved.words);
      const isAtHome = rule !== undefined && tableOf(rule) === table;
      ours.push({ mapping_id, rule: isAtHome ? rule : undefined, removal, counters: saved.counters });
    }
  }
  return [ours, others];
}

function lineFor(table: Section['table'], line: string): string {
  return table === 'mangle' ? inMangle(line) : line;
}

function mixedWarning(namespace: string): string {
  return (
    `${namespace} has rules of iptables-legacy beside those of iptables-nft; each works without seeing the other. ` +
    'Find out which program uses the other variant.'
  );
}
