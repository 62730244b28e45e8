/** The policy, applied to changes of mappings. */
import { praasError } from '../../core/errors/errors.ts';
import { type AccessPolicy, requireAction } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import type { PatAction } from '../../pat/actions.ts';
import type { ChangeOptions } from '../../pat/change/change.ts';
import type { MappingRequest } from '../../pat/mapping/request.ts';
import type { ChangeQuery } from './schemas.ts';

const FORCE: PatAction = 'mapping:force';

/** A new mapping belongs to the project of the requester. Throws FORBIDDEN when the request names another project. */
export function inProject(requester: Requester, request: MappingRequest): MappingRequest {
  const { projectId } = requester;
  if (projectId === null) return request;
  if ((request.project_id ?? projectId) !== projectId) {
    throw praasError('FORBIDDEN', { who: String(requester), what: 'create mappings in another project' });
  }
  return { ...request, project_id: projectId };
}

/** How many changes a request counts as; a dry run is none. */
export function writesOf({ dry_run }: ChangeQuery, count = 1): number {
  return dry_run === 'true' ? 0 : count;
}

/** The options of a change. Throws FORBIDDEN for a requester who may not use force. */
export function optionsOf(
  policy: AccessPolicy,
  requester: Requester,
  { dry_run, force }: ChangeQuery,
): ChangeOptions & { readonly requester: Requester } {
  if (force === 'true') requireAction(policy, requester, FORCE);
  return { dryRun: dry_run === 'true', force: force === 'true', requester };
}
