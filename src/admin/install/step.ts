/**
 * What an installer does, as steps that can be shown before they are done. When one fails, or somebody interrupts, what
 * was done is undone in the opposite order: all of them, or none.
 */
import { getSystemErrorMessage } from 'node:util';
import { isPraasError, praasError } from '../errors.ts';

export interface Done {
  /** What came of it, in a few words. */
  readonly note?: string;
  readonly undo?: () => Promise<void>;
  /** What is left to do when all steps are done. */
  readonly finish?: () => Promise<void>;
}

export interface Step {
  /** What it does, as an order: `start praas-pat-agent.service`. */
  readonly title: string;
  /** Does all of it, or throws with nothing of it done. */
  run(): Promise<Done>;
}

/** Whoever shows the steps. */
export interface Audience {
  begins(title: string): void;
  done(title: string, note: string | undefined): void;
  failed(title: string, reason: string): void;
  /** Steps are being undone; `failures` says which could not be. */
  undone(titles: readonly string[], failures: readonly string[]): void;
}

interface Past {
  readonly title: string;
  readonly done: Done;
}

/**
 * Runs the steps in their order. Throws INSTALL_FAILED when one failed, the reason of `ending` when that aborts between two
 * steps; both after everything has been undone.
 */
export async function runSteps(steps: readonly Step[], audience: Audience, ending: AbortSignal): Promise<void> {
  const past: Past[] = [];
  for (const step of steps) {
    try {
      ending.throwIfAborted();
      audience.begins(step.title);
      const done = await step.run();
      past.push({ title: step.title, done });
      audience.done(step.title, done.note);
    } catch (error) {
      const reason = reasonOf(error);
      audience.failed(step.title, reason);
      const left = await undoAll(past, audience);
      if (ending.aborted) throw ending.reason;
      throw praasError('INSTALL_FAILED', { step: step.title, reason, left }, error);
    }
  }
  for (const { done } of past) await done.finish?.();
}

/** Gives what could not be undone. */
async function undoAll(past: readonly Past[], audience: Audience): Promise<readonly string[]> {
  const titles: string[] = [];
  const failures: string[] = [];
  for (const { title, done } of past.toReversed()) {
    if (done.undo === undefined) continue;
    try {
      await done.undo();
      titles.push(title);
    } catch (error) {
      failures.push(`${title}: ${reasonOf(error)}`);
    }
  }
  audience.undone(titles, failures);
  return failures;
}

/** Why something failed, in the words of the catalogue or of the system. */
export function reasonOf(error: unknown): string {
  if (isPraasError(error)) return [error.message, ...error.nextSteps].join('. ').replace(/\.$/, '');
  const { errno, path, message } = error as NodeJS.ErrnoException;
  if (errno === undefined) return message;
  return `${path === undefined ? '' : `${path}: `}${getSystemErrorMessage(errno)}`;
}
