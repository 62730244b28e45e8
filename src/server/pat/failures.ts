/** Failures that are part of a response which succeeds otherwise. */
import type { AccessPolicy } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { type Problem, problemOf } from '../http/problem.ts';
import { redactFor } from '../http/redact.ts';

export interface FailureParts {
  /** Gives the ID of the current request. */
  readonly requestId: () => string;
  readonly policy: AccessPolicy;
}

/** The errors in the form of error responses, as the requester may see them. */
export function problemsOf(
  { requestId, policy }: FailureParts,
  requester: Requester,
  errors: readonly Error[],
): Problem[] {
  return errors.map((error) => problemOf(redactFor(policy, requester, error), requestId()));
}
