/**
 * Errors as a requester may see them, by the entries of the catalogues: this is the one place through which errors leave the
 * API. Before authentication nothing of the node is told.
 */
import { STRANGER, type Viewer } from '../../core/errors/entry.ts';
import { isPraasError } from '../../core/errors/errors.ts';
import type { AccessPolicy } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';

/** `requester` is undefined before authentication. */
export function redactFor(policy: AccessPolicy, requester: Requester | undefined, error: unknown): unknown {
  return isPraasError(error) ? error.redacted(requester ? viewerOf(policy, requester) : STRANGER) : error;
}

function viewerOf(policy: AccessPolicy, requester: Requester): Viewer {
  return {
    seesAll: requester.seesAll,
    sees: (projectId) => requester.sees(projectId),
    allows: (action) => policy.allows(requester, action),
  };
}
