/** A change that replaces unmanaged rules cannot be rolled back once these rules may be removed. */
import { messageOf } from '../../core/errors/message-of.ts';
import { isPraasError, type PraasError, praasError } from '../errors.ts';
import type { RouterRecord } from '../mapping/record.ts';

/** Errors that are thrown before the kernel has changed. */
const BEFORE_CHANGE = ['KERNEL_REFUSED', 'KERNEL_UNREADABLE', 'KERNEL_BUSY', 'NOT_PERMITTED', 'TOOL_MISSING'] as const;

/**
 * Gives IMPORT_UNFINISHED for a failed change that may have removed unmanaged rules: a rollback would leave no rule in their
 * place. Undefined when the change can be rolled back.
 */
export function unfinishedImport({ router_id, adopting }: RouterRecord, error: unknown): PraasError | undefined {
  if (adopting.length === 0 || isPraasError(error, ...BEFORE_CHANGE)) return undefined;
  return praasError('IMPORT_UNFINISHED', { router: router_id, reason: messageOf(error) }, error);
}
