/** Errors as a requester may see them: a requester of one project sees nothing of the rest of the node. */
import { isPraasError } from '../../core/errors/errors.ts';
import type { Requester } from '../../core/identity/requester.ts';

/** `requester` is undefined before authentication: those errors say nothing of the node. */
export function redactFor(requester: Requester | undefined, error: unknown): unknown {
  return requester === undefined || requester.seesAll || !isPraasError(error) ? error : error.redacted();
}
