/** Carries out what the monitor found, as any other change is carried out: decided on what is there when its turn comes. */
import { withDeadline } from '../../core/deadline.ts';
import type { Timers } from '../../core/timers.ts';
import type { ChangeRunner } from '../change/change-runner.ts';
import { isPraasError, praasError } from '../errors.ts';
import { type Applied, type CarriedOut, decideVerdicts, type Verdict, type Verdicts } from '../follow/correction.ts';
import { type Cause, MONITOR } from '../mapping/event.ts';
import { closeUnused, type OpenedRulesParts } from '../target/opened-rules.ts';

export interface VerdictServiceParts extends OpenedRulesParts {
  readonly runner: ChangeRunner;
  readonly timers: Timers;
}

/** A router that takes longer is not waited for; what is under way there goes on to its end. */
const PATIENCE_MS = 5000;
const SECOND_MS = 1000;

export class VerdictService implements Verdicts {
  readonly #parts: VerdictServiceParts;

  constructor(parts: VerdictServiceParts) {
    this.#parts = parts;
  }

  async carryOut(verdicts: readonly Verdict[]): Promise<CarriedOut> {
    const applied: Applied[] = [];
    const failures: Error[] = [];
    const byRouter = Map.groupBy(verdicts, ({ router_id }) => router_id);
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

  async #ofRouter(router_id: string, verdicts: readonly Verdict[]): Promise<readonly Applied[]> {
    const { value } = await this.#parts.runner.run<readonly Applied[]>(router_id, {
      options: {},
      mustBeHere: false,
      purpose: 'rules',
      decide: (situation) => {
        const { delta, applied } = decideVerdicts(situation, verdicts);
        const causes = new Map(applied.map(({ verdict }) => [verdict.mapping_id, causeOf(verdict)]));
        return { delta, ids: applied.map(({ mapping }) => mapping.id), value: () => applied, causes };
      },
    });
    const gone = value.filter(({ verdict }) => verdict.action === 'remove');
    await closeUnused(
      this.#parts,
      gone.flatMap(({ mapping }) => mapping.security_group_rule_ids),
    );
    return value;
  }
}

const TYPES = { remove: 'deleted', lead: 'followed', hold: 'held', release: 'released' } as const;

function causeOf(verdict: Verdict): Cause {
  return { by: MONITOR, type: TYPES[verdict.action], reason: 'reason' in verdict ? verdict.reason : '' };
}
