/**
 * Imports unmanaged rules as mappings. An import is a change like any other: the mappings are durable before one transaction
 * of the kernel adds their rules and removes the imported ones. The next reconciliation completes an import that was interrupted.
 */

import type { NewId } from '../../core/ids.ts';
import type { Changed, ChangeOptions } from '../change/change.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { decideImport, type RuleDecision } from '../import/import.ts';
import { importReasonText } from '../import/reasons.ts';
import type { ImportedRule } from '../import/result.ts';
import type { Cause } from '../mapping/event.ts';
import type { Imports } from './api.ts';

interface ImportServiceParts {
  readonly runner: ChangeRunner;
  readonly newId: NewId;
}

const REASON = 'imported from a rule of custom-PREROUTING';

export class ImportService implements Imports {
  readonly #parts: ImportServiceParts;

  constructor(parts: ImportServiceParts) {
    this.#parts = parts;
  }

  importRules(routerId: string, options: ChangeOptions): Promise<Changed<readonly ImportedRule[]>> {
    const { runner, newId } = this.#parts;
    const cause: Cause = { requester: options.requester, reason: REASON };
    return runner.run<readonly ImportedRule[]>(routerId, {
      options,
      requiresRouter: true,
      scope: 'audit',
      decide: (situation) => {
        const { delta, ids, rules } = decideImport(situation, newId);
        return { delta, ids, value: () => rules.map(importedRuleOf), causes: new Map(ids.map((id) => [id, cause])) };
      },
    });
  }
}

function importedRuleOf({ rule, result, mappingIds, reason }: RuleDecision): ImportedRule {
  return {
    rule,
    result,
    mapping_ids: mappingIds,
    reason: reason === undefined ? '' : importReasonText(reason),
    reason_code: reason?.code ?? null,
  };
}
