/**
 * The iptables backend: chains custom-PREROUTING and custom-POSTROUTING in the nat table, one transaction of
 * iptables-restore per namespace, never a flush. Works with the nf_tables and the legacy variant: it uses the one that
 * the node's `iptables-restore` is, as Neutron does. iptables-restore commits table by table, so everything stays in one.
 */
import { praasError } from '../../pat/errors.ts';
import type { Forward } from '../../pat/forward.ts';
import type { Backend, BackendObservation, Script } from '../backend.ts';
import { mappingIdIn } from '../comment.ts';
import { refusal } from '../failure.ts';
import type { Namespaces } from '../namespace.ts';
import { type FoundRule, rulesOf } from '../rules.ts';
import { claimsOf } from './claims.ts';
import { missingFrame, touchesBuiltIn } from './frame.ts';
import { EXIT_BUSY, findNeutronLock, underLock } from './neutron-lock.ts';
import { optionsOf, POSTROUTING, PREROUTING, parseRule, renderRule } from './rule.ts';
import { parseSavedTable, type SavedRule } from './save.ts';

const OWN_CHAINS = new Set([PREROUTING, POSTROUTING]);
const MIXED = /iptables-legacy tables present/;

export interface IptablesOptions {
  /** How long to wait for the xtables lock and for Neutron's, in seconds. */
  readonly wait_seconds: number;
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
    const command = { file: 'iptables-save', args: ['-c', '-t', 'nat'] };
    const result = await this.#namespaces.run(namespace, command);
    if (result.exit_code !== 0) throw refusal(result, { router: namespace, tool: 'iptables-save', script: '' });
    const table = parseSavedTable(result.stdout, 'nat');
    const [ours, others] = splitByOwner(table.rules);
    return {
      found: ours,
      claims: others.flatMap(claimsOf),
      frame: missingFrame(table),
      warnings: MIXED.test(result.stderr) ? [mixedWarning(namespace)] : [],
    };
  }

  additions(forward: Forward): readonly string[] {
    return rulesOf(forward).map((rule) => `-A ${renderRule(rule)}`);
  }

  removals(forward: Forward): readonly string[] {
    return rulesOf(forward).map((rule) => `-D ${renderRule(rule)}`);
  }

  text(script: Script): string {
    return ['*nat', ...script.frame, ...script.removals, ...script.additions, 'COMMIT', ''].join('\n');
  }

  async apply(namespace: string, script: Script): Promise<void> {
    const input = this.text(script);
    const seconds = this.#options.wait_seconds;
    const args = ['--noflush', '--wait', String(seconds)];
    const restore = { file: 'iptables-restore', args, input, ends_with_us: true };
    const lock = touchesBuiltIn(script.frame)
      ? await findNeutronLock(this.#options.neutron_lock_path, namespace)
      : undefined;
    const result = await this.#namespaces.run(namespace, lock ? underLock(lock, seconds, restore) : restore);
    if (result.exit_code === EXIT_BUSY) throw praasError('KERNEL_BUSY', { router: namespace, seconds }, result);
    if (result.exit_code !== 0) {
      throw refusal(result, { router: namespace, tool: 'iptables-restore', script: input });
    }
  }
}

function splitByOwner(rules: readonly SavedRule[]): [FoundRule[], SavedRule[]] {
  const ours: FoundRule[] = [];
  const others: SavedRule[] = [];
  for (const saved of rules) {
    const mapping_id = OWN_CHAINS.has(saved.chain) && mappingIdIn(optionsOf(saved.words).get('--comment'));
    if (!mapping_id) others.push(saved);
    else {
      const removal = `-D ${saved.chain} ${saved.text}`;
      ours.push({ mapping_id, rule: parseRule(saved.chain, saved.words), removal, tally: saved.tally });
    }
  }
  return [ours, others];
}

function mixedWarning(namespace: string): string {
  return (
    `${namespace} has rules of iptables-legacy beside those of iptables-nft; each works without seeing the other. ` +
    'Find out which program uses the other variant.'
  );
}
