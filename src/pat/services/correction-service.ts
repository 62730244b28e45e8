/** Carries out what the monitor found, as any other change is carried out: decided on what is there when its turn comes. */

import { withDeadline } from '../../core/deadline.ts';
import type { Timers } from '../../core/timers.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { isPraasError, praasError } from '../errors.ts';
import {
  type AppliedCorrection,
  type Correction,
  type CorrectionResult,
  type Corrections,
  decideCorrections,
} from '../follow/correction.ts';
import { type Cause, MONITOR_REQUESTER } from '../mapping/event.ts';
import { reasonText } from '../mapping/reasons.ts';
import { closeUnused, type OpenedRulesParts } from '../target/opened-rules.ts';

export interface CorrectionServiceParts extends OpenedRulesParts {
  readonly runner: ChangeRunner;
  readonly timers: Timers;
}

/** A router that takes longer is not waited for; what is under way there goes on to its end. */
const PATIENCE_MS = 5000;
const SECOND_MS = 1000;

export class CorrectionService implements Corrections {
  readonly #parts: CorrectionServiceParts;

  constructor(parts: CorrectionServiceParts) {
    this.#parts = parts;
  }

  async apply(corrections: readonly Correction[]): Promise<CorrectionResult> {
    const applied: AppliedCorrection[] = [];
    const failures: Error[] = [];
    const byRouter = Map.groupBy(corrections, ({ router_id }) => router_id);
    await Promise.all(
      [...byRouter].map(async ([router_id, those]) => {
        try {
          applied.push(...(await this.#soon(router_id, this.#ofRouter(router_id, those))));
        } catch (error) {
          if (!isPraasError(error)) throw error;
          failures.push(error);
        }
      }),
    );
    return { applied, failures };
  }

  /** Throws ROUTER_SLOW for work that does not end soon, which it leaves alone. */
  #soon<T>(router: string, work: Promise<T>): Promise<T> {
    const late = (): Error => praasError('ROUTER_SLOW', { router, seconds: PATIENCE_MS / SECOND_MS });
    return withDeadline(this.#parts.timers, PATIENCE_MS, work, late);
  }

  async #ofRouter(router_id: string, corrections: readonly Correction[]): Promise<readonly AppliedCorrection[]> {
    const { value } = await this.#parts.runner.run<readonly AppliedCorrection[]>(router_id, {
      options: {},
      requiresRouter: false,
      scope: 'rules',
      decide: (situation) => {
        const { delta, applied } = decideCorrections(situation, corrections);
        const causes = new Map(applied.map(({ correction }) => [correction.mapping_id, causeOf(correction)]));
        return { delta, ids: applied.map(({ mapping }) => mapping.id), value: () => applied, causes };
      },
    });
    const gone = value.filter(({ correction }) => correction.action === 'delete');
    await closeUnused(
      this.#parts,
      gone.flatMap(({ mapping }) => mapping.security_group_rule_ids),
    );
    return value;
  }
}

const TYPES = { delete: 'deleted', follow: 'followed', suspend: 'suspended', resume: 'resumed' } as const;

function causeOf(correction: Correction): Cause {
  return {
    requester: MONITOR_REQUESTER,
    type: TYPES[correction.action],
    reason: 'reason' in correction ? reasonText(correction.reason) : '',
  };
}
