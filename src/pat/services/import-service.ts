/**
 * Takes rules of somebody else over into mappings, as any other change is carried out: the mappings are durable before their
 * rules come and those of the others go, in one transaction of the kernel. What is cut short is finished by the next look.
 */

import { ROOT } from '../../core/identity/requester.ts';
import type { NewId } from '../../core/ids.ts';
import type { Changed, ChangeOptions } from '../change/change.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { decideImport, type ImportedRule } from '../import/import.ts';
import type { Cause } from '../mapping/event.ts';

export interface Imports {
  /**
   * Gives what becomes of each rule of others in the chains that praas shares with them. Connections stay as they are.
   * Throws ROUTER_NOT_FOUND, UNKNOWN_RULES, and as the agent does.
   */
  takeOver(router_id: string, options?: ChangeOptions): Promise<Changed<readonly ImportedRule[]>>;
}

export interface ImportServiceParts {
  readonly runner: ChangeRunner;
  readonly newId: NewId;
}

const REASON = 'imported from a rule of custom-PREROUTING';

export class ImportService implements Imports {
  readonly #parts: ImportServiceParts;

  constructor(parts: ImportServiceParts) {
    this.#parts = parts;
  }

  takeOver(router_id: string, options: ChangeOptions = {}): Promise<Changed<readonly ImportedRule[]>> {
    const { runner, newId } = this.#parts;
    const cause: Cause = { requester: options.requester ?? ROOT, reason: REASON };
    return runner.run<readonly ImportedRule[]>(router_id, {
      options,
      requiresRouter: true,
      scope: 'audit',
      decide: (situation) => {
        const { delta, ids, rules } = decideImport(situation, newId);
        return { delta, ids, value: () => rules, causes: new Map(ids.map((id) => [id, cause])) };
      },
    });
  }
}
