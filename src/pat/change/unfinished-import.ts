/** A change that takes over rules of others cannot be taken back once they may be gone. */
import { messageOf } from '../../core/errors/message-of.ts';
import { isPraasError, type PraasError, praasError } from '../errors.ts';
import type { RouterRecord } from '../mapping/record.ts';

/** What is thrown before the kernel has changed. */
export const UNCHANGED = ['KERNEL_REFUSED', 'KERNEL_BUSY', 'NOT_PERMITTED', 'TOOL_MISSING'] as const;

/**
 * What is to be said when a change fails that takes rules over, and these may be gone: then taking the mappings back would
 * leave nothing in their place. Undefined when it can be taken back.
 */
export function unfinishedImport({ router_id, adopting }: RouterRecord, error: unknown): PraasError | undefined {
  if (adopting.length === 0 || isPraasError(error, ...UNCHANGED)) return undefined;
  return praasError('IMPORT_UNFINISHED', { router: router_id, reason: messageOf(error) }, error);
}
