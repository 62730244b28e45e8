/** Applies the corrections of the monitor. They are changes like any other, decided on the record when their turn comes. */

import { withDeadline } from '../../core/deadline.ts';
import type { Timers } from '../../core/timers.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { isPraasError, type PraasError, praasError } from '../errors.ts';
import {
  type AppliedCorrection,
  type Correction,
  type CorrectionResult,
  decideCorrections,
} from '../follow/correction.ts';
import { type Cause, MONITOR_REQUESTER } from '../mapping/event.ts';
import type { Corrections } from './api.ts';
import type { GroupFollower } from './group-follower.ts';

interface CorrectionServiceParts {
  readonly follower: Pick<GroupFollower, 'follow'>;
  readonly runner: ChangeRunner;
  readonly timers: Timers;
}

/** The call returns after this time; the change of a slow router continues in the background. */
const MAX_WAIT_MS = 5000;
const SECOND_MS = 1000;

export class CorrectionService implements Corrections {
  readonly #parts: CorrectionServiceParts;

  constructor(parts: CorrectionServiceParts) {
    this.#parts = parts;
  }

  async apply(corrections: readonly Correction[]): Promise<CorrectionResult> {
    const applied: AppliedCorrection[] = [];
    const failures: PraasError[] = [];
    const byRouter = Map.groupBy(corrections, ({ router_id }) => router_id);
    await Promise.all(
      [...byRouter].map(async ([router_id, ofRouter]) => {
        try {
          applied.push(...(await this.#inTime(router_id, this.#applyTo(router_id, ofRouter))));
        } catch (error) {
          if (!isPraasError(error)) throw error;
          failures.push(error);
        }
      }),
    );
    return { applied, failures };
  }

  /** Throws ROUTER_SLOW for work that takes longer than MAX_WAIT_MS. */
  #inTime<T>(router: string, work: Promise<T>): Promise<T> {
    const late = (): Error => praasError('ROUTER_SLOW', { router, seconds: MAX_WAIT_MS / SECOND_MS });
    return withDeadline(this.#parts.timers, MAX_WAIT_MS, work, late);
  }

  async #applyTo(routerId: string, corrections: readonly Correction[]): Promise<readonly AppliedCorrection[]> {
    const { value } = await this.#parts.runner.run<readonly AppliedCorrection[]>(routerId, {
      options: { requester: MONITOR_REQUESTER },
      requiresRouter: false,
      scope: 'rules',
      decide: (situation) => {
        const { delta, applied } = decideCorrections(situation, corrections);
        const causes = new Map(applied.map(({ correction }) => [correction.mapping_id, causeOf(correction)]));
        return { delta, ids: applied.map(({ mapping }) => mapping.id), value: () => applied, causes };
      },
    });
    await this.#parts.follower.follow(value.map(({ mapping }) => mapping));
    return value;
  }
}

const EVENT_TYPES = { delete: 'deleted', follow: 'followed', suspend: 'suspended', resume: 'resumed' } as const;

function causeOf(correction: Correction): Cause {
  return {
    requester: MONITOR_REQUESTER,
    type: EVENT_TYPES[correction.action],
    ...('reason' in correction && { reason: correction.reason }),
  };
}
