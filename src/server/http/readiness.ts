/** Whether a daemon can do its work at this moment. Whoever asks gets an answer in time: a check that fails or hangs is not ok. */
import type * as z from 'zod';
import { withDeadline } from '../../core/deadline.ts';
import { isPraasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Timers } from '../../core/timers.ts';
import type { ReadinessDocument } from './schemas.ts';

export type Check = z.infer<typeof ReadinessDocument>['checks'][number];

export interface Readiness {
  /** Names of the checks that all have to be ok. */
  readonly required: readonly string[];
  /** Names of the checks without which less works. */
  readonly optional: readonly string[];
  check(): Promise<readonly Check[]>;
}

const LIMIT_MS = 2000;
const SECOND_MS = 1000;

/** Asks, and gives the whole answer. Never throws: when the asking itself fails, or takes too long, nothing is ok. */
export async function judge(
  readiness: Readiness,
  timers: Timers,
  limitMs: number = LIMIT_MS,
): Promise<z.infer<typeof ReadinessDocument>> {
  const late = (): Error =>
    new TookTooLong(`no answer within ${limitMs / SECOND_MS} seconds; check the load of this node`);
  const checks = await withDeadline(timers, limitMs, readiness.check(), late).catch((error: unknown) => {
    const detail = detailOf(error);
    return readiness.required.map((name) => ({ name, ok: false, detail }));
  });
  const ready = checks.every(({ name, ok }) => ok || readiness.optional.includes(name));
  return { ready, degraded: ready && checks.some(({ ok }) => !ok), checks: [...checks] };
}

class TookTooLong extends Error {}

/** What is not of the catalogue says something of the inside, and this page is open to everybody. */
function detailOf(error: unknown): string {
  if (isPraasError(error)) return [error.message, ...error.nextSteps].join('. ');
  return error instanceof TookTooLong ? error.message : 'the checks failed; see the log of the daemon';
}

/** One thing that a daemon needs. */
export interface ReadinessCheck {
  readonly name: string;
  /** Without it less works, and the daemon is ready all the same. */
  readonly isOptional?: boolean;
  /** Throws why it is not ok. */
  check(): Promise<unknown>;
}

/** The readiness of a daemon that needs all of these; they are looked at together. */
export function readinessOf(checks: readonly ReadinessCheck[]): Readiness {
  const names = (isOptional: boolean): string[] =>
    checks.filter((each) => (each.isOptional ?? false) === isOptional).map(({ name }) => name);
  return { required: names(false), optional: names(true), check: () => Promise.all(checks.map(outcomeOf)) };
}

async function outcomeOf({ name, check }: ReadinessCheck): Promise<Check> {
  try {
    await check();
    return { name, ok: true, detail: '' };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  }
}
