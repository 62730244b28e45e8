/**
 * Runs the checks, all at once. Each is bounded in time and fails alone: what throws or hangs becomes a finding, and keeps
 * no other check from its own.
 */

import { isPraasError } from '../../core/errors/errors.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import type { Timers } from '../../core/timers.ts';
import { type Finding, type Group, type Judgement, type Report, reportOf, skipped, wrong } from './report.ts';

export interface Check {
  readonly group: Group;
  /** What a finding is called when the whole check fails. */
  readonly name: string;
  /** For what nobody but root can see. */
  readonly needsRoot?: boolean;
  run(): Promise<readonly Judgement[]>;
}

export interface ExamineOptions {
  readonly isRoot: boolean;
  readonly limitMs: number;
  readonly timers: Timers;
  /** Aborted: whoever asked does not wait any more. */
  readonly ending: AbortSignal;
}

const SECOND_MS = 1000;
const SUDO = 'Run it again with sudo.';

/** Throws the reason of `ending` when that aborts, and nothing else. */
export async function examine(checks: readonly Check[], circumstances: ExamineOptions): Promise<Report> {
  const { ending } = circumstances;
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (): void => interrupted.reject(ending.reason);
  ending.addEventListener('abort', interrupt);
  try {
    ending.throwIfAborted();
    const all = Promise.all(checks.map((check) => findingsOf(check, circumstances)));
    const findings = await Promise.race([all, interrupted.promise]);
    ending.throwIfAborted();
    return reportOf(findings.flat());
  } finally {
    ending.removeEventListener('abort', interrupt);
  }
}

async function findingsOf(check: Check, circumstances: ExamineOptions): Promise<Finding[]> {
  const judgements = await judgementsOf(check, circumstances);
  return judgements.map((judgement) => ({ group: check.group, ...judgement }));
}

async function judgementsOf(check: Check, { isRoot, limitMs, timers }: ExamineOptions): Promise<readonly Judgement[]> {
  const { name, needsRoot } = check;
  if (needsRoot && !isRoot) return [skipped(name, 'only root can look at it', SUDO)];
  const late = Promise.withResolvers<readonly Judgement[]>();
  const callOff = timers.after(limitMs, () => {
    const detail = `nothing was found out within ${limitMs / SECOND_MS} seconds`;
    late.resolve([wrong(name, detail, 'Look at the load of this node, then try again.')]);
  });
  try {
    return await Promise.race([check.run(), late.promise]);
  } catch (error) {
    return [failed(name, error)];
  } finally {
    callOff();
  }
}

/** What a check that threw comes to. */
export function failed(name: string, error: unknown): Judgement {
  if (!isPraasError(error)) {
    const detail = `it could not be looked at: ${messageOf(error)}`;
    return wrong(name, detail, 'If the message does not explain it, report it: this is a case praas does not know.');
  }
  const { code, message, nextSteps: next_steps } = error;
  const next_step = next_steps.join(' ');
  return code === 'NOT_PERMITTED' ? skipped(name, message, next_step) : wrong(name, message, next_step);
}
