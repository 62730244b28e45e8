/**
 * Runs the checks, all at the same time. Each has a time limit and fails alone: a check that throws or hangs becomes a finding
 * and keeps no other check from its own.
 */
import { withDeadline } from '../../core/deadline.ts';
import { isPraasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Timers } from '../../core/timers.ts';
import { type DoctorReport, type Finding, failed, type Judgement, reportOf, skipped } from './report.ts';

export interface DoctorCheck {
  /** Checks of one group are shown together, groups in the order of their first checks. */
  readonly group: string;
  /** The name of the finding when the whole check fails. */
  readonly name: string;
  /** Only root can see what it checks. */
  readonly needsRoot?: boolean;
  run(): Promise<readonly Judgement[]>;
}

export interface RunOptions {
  readonly isRoot: boolean;
  /** The time limit of one check. */
  readonly timeoutMs: number;
  readonly timers: Timers;
  /** Aborted when the user interrupts the command. */
  readonly abortSignal: AbortSignal;
}

const SECOND_MS = 1000;
const SUDO = 'Run it again with sudo.';

/** Gives the report of all checks. Throws the reason of `abortSignal` when that aborts, and nothing else. */
export async function runChecks(checks: readonly DoctorCheck[], options: RunOptions): Promise<DoctorReport> {
  const { abortSignal } = options;
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (): void => interrupted.reject(abortSignal.reason);
  abortSignal.addEventListener('abort', interrupt);
  try {
    abortSignal.throwIfAborted();
    const all = Promise.all(checks.map((check) => findingsOf(check, options)));
    const findings = await Promise.race([all, interrupted.promise]);
    abortSignal.throwIfAborted();
    return reportOf(findings.flat());
  } finally {
    abortSignal.removeEventListener('abort', interrupt);
  }
}

async function findingsOf(check: DoctorCheck, options: RunOptions): Promise<Finding[]> {
  const judgements = await judgementsOf(check, options);
  return judgements.map((judgement) => ({ group: check.group, ...judgement }));
}

async function judgementsOf(check: DoctorCheck, options: RunOptions): Promise<readonly Judgement[]> {
  const { name, needsRoot } = check;
  const { isRoot, timeoutMs, timers } = options;
  if (needsRoot && !isRoot) return [skipped(name, 'only root can check it', SUDO)];
  const late = new Error(`no result within ${timeoutMs / SECOND_MS} seconds`);
  try {
    return await withDeadline(timers, timeoutMs, check.run(), () => late);
  } catch (error) {
    if (error === late) return [failed(name, late.message, 'Check the load of this node, then try again.')];
    return [judgeError(name, error)];
  }
}

/** What a check that threw `error` comes to. */
export function judgeError(name: string, error: unknown): Judgement {
  if (!isPraasError(error)) {
    const nextStep = 'If the message does not explain the cause, report it as a bug in praas.';
    return failed(name, `cannot be checked: ${messageOf(error)}`, nextStep);
  }
  const { code, message, nextSteps } = error;
  const nextStep = nextSteps.join(' ');
  return code === 'NOT_PERMITTED' ? skipped(name, message, nextStep) : failed(name, message, nextStep);
}
