/**
 * What an installer does, as steps that can be shown before they run. When one fails or the user interrupts, what was done is
 * undone in the opposite order: either all steps take effect, or none.
 */
import { errnoText } from '../../core/errors/errno-text.ts';
import { messageOf } from '../../core/errors/message-of.ts';
import { isPraasError, praasError } from '../errors.ts';

export interface StepResult {
  /** The outcome in a few words, where the title does not say it. */
  readonly note?: string;
  readonly undo?: () => Promise<void>;
  /** What undoing does, where that is more than the opposite of the step. */
  readonly undoTitle?: string;
  /** What remains to be done when all steps have run. */
  readonly finish?: () => Promise<void>;
}

export interface Step {
  /** What it does, as an imperative phrase: `start praas-pat-agent.service`. */
  readonly title: string;
  /** Does all of it, or throws with nothing of it done. */
  run(): Promise<StepResult>;
}

/** Hears of each step while the steps run. */
export interface StepObserver {
  started(title: string): void;
  completed(title: string, note: string | undefined): void;
  failed(title: string, reason: string): void;
  /** `titles` are the steps that were undone, `failures` those that could not be, each with the reason. */
  undone(titles: readonly string[], failures: readonly string[]): void;
}

interface CompletedStep {
  readonly title: string;
  readonly result: StepResult;
}

/**
 * Runs the steps in their order. Throws INSTALL_FAILED when one failed, and the reason of `abortSignal` when that aborts between
 * two steps; both after everything has been undone. What could not be undone is a failure in both cases.
 */
export async function runSteps(
  steps: readonly Step[],
  observer: StepObserver,
  abortSignal: AbortSignal,
): Promise<void> {
  const completed: CompletedStep[] = [];
  for (const step of steps) {
    try {
      abortSignal.throwIfAborted();
      observer.started(step.title);
      const result = await step.run();
      completed.push({ title: step.title, result });
      observer.completed(step.title, result.note);
    } catch (error) {
      const reason = describeError(error);
      observer.failed(step.title, reason);
      const left = await undoAll(completed, observer);
      if (abortSignal.aborted && left.length === 0) throw abortSignal.reason;
      const why = abortSignal.aborted ? messageOf(abortSignal.reason) : reason;
      throw praasError('INSTALL_FAILED', { step: step.title, reason: why, left }, error);
    }
  }
  for (const { result } of completed) await result.finish?.();
}

/** Gives what could not be undone. */
async function undoAll(completed: readonly CompletedStep[], observer: StepObserver): Promise<readonly string[]> {
  const titles: string[] = [];
  const failures: string[] = [];
  for (const { title, result } of completed.toReversed()) {
    if (result.undo === undefined) continue;
    try {
      await result.undo();
      titles.push(title);
    } catch (error) {
      failures.push(`${result.undoTitle ?? title}: ${describeError(error)}`);
    }
  }
  observer.undone(titles, failures);
  return failures;
}

/** Why something failed, in the words of the catalogue or of the system. */
function describeError(error: unknown): string {
  if (isPraasError(error)) return [error.message, ...error.nextSteps].join('. ').replace(/\.$/, '');
  const { errno, path } = error as NodeJS.ErrnoException;
  return `${errno === undefined || path === undefined ? '' : `${path}: `}${errnoText(error)}`;
}
