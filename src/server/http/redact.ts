/** Errors as requesters may know them: who sees one project is told nothing of what else there is on the node. */
import { isPraasError } from '../../core/errors/errors.ts';
import type { Requester } from '../../core/identity/requester.ts';

/** `requester` is undefined while nobody knows who asks: such errors say nothing of the node. */
export function redactFor(requester: Requester | undefined, error: unknown): unknown {
  return requester === undefined || requester.seesAll || !isPraasError(error) ? error : error.redacted();
}
