/** Whether a daemon can serve now. The report always comes in time: a check that fails or hangs is not ok. */
import { withDeadline } from '../../core/deadline.ts';
import { isPraasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Timers } from '../../core/timers.ts';
import type { CheckResult, ReadinessDocument } from './schemas.ts';

export interface Readiness {
  /** Names of the checks that all have to be ok. */
  readonly required: readonly string[];
  /** Names of the checks without which the daemon is ready, but degraded. */
  readonly optional: readonly string[];
  check(): Promise<readonly CheckResult[]>;
}

const LIMIT_MS = 2000;
const SECOND_MS = 1000;

/** What everybody is told of a check that is not ok: its reason may name files, addresses and what belongs to tenants. */
const REASON_HIDDEN =
  'The reason is told to operators (with a token, or on the socket of the daemon), and is in its log.';

/** Gives the report without the reasons, for those who may not see them. */
export function withoutReasons(report: ReadinessDocument): ReadinessDocument {
  const checks = report.checks.map((check) => (check.ok ? check : { ...check, detail: REASON_HIDDEN }));
  return { ...report, checks };
}

/** Runs the checks. Never throws: when they fail as a whole, or take longer than the limit, none of them is ok. */
export async function readinessReport(
  readiness: Readiness,
  timers: Timers,
  limitMs: number = LIMIT_MS,
): Promise<ReadinessDocument> {
  const late = (): Error =>
    new CheckTimeout(`no result within ${limitMs / SECOND_MS} seconds. Check the load of this node.`);
  const checks = await withDeadline(timers, limitMs, readiness.check(), late).catch((error: unknown) => {
    const detail = detailOf(error);
    return readiness.required.map((name) => ({ name, ok: false, detail }));
  });
  const ready = checks.every(({ name, ok }) => ok || readiness.optional.includes(name));
  return { ready, degraded: ready && checks.some(({ ok }) => !ok), checks: [...checks] };
}

class CheckTimeout extends Error {}

/** Discloses nothing of an error that is in no catalogue. */
function detailOf(error: unknown): string {
  if (isPraasError(error)) return [error.message, ...error.nextSteps].join('. ');
  return error instanceof CheckTimeout ? error.message : 'internal error. See the log of the daemon.';
}

/** One thing that a daemon needs. */
export interface ReadinessCheck {
  readonly name: string;
  /** Without it the daemon is ready, but degraded. */
  readonly isOptional?: boolean;
  /** Throws the reason when it is not ok. */
  readonly check: () => Promise<unknown>;
}

/** The readiness of a daemon that needs all of these, of one product or several; the checks run at the same time. */
export function readinessOf(checks: readonly ReadinessCheck[]): Readiness {
  const names = (isOptional: boolean): string[] =>
    checks.filter((each) => (each.isOptional ?? false) === isOptional).map(({ name }) => name);
  return { required: names(false), optional: names(true), check: () => Promise.all(checks.map(resultOf)) };
}

async function resultOf({ name, check }: ReadinessCheck): Promise<CheckResult> {
  try {
    await check();
    return { name, ok: true, detail: '' };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  }
}
