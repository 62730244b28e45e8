/**
 * What the policy says, asked of those who come. Pure. An action that is not for somebody is FORBIDDEN; a thing that is not
 * theirs is not there for them: 404 and not 403.
 */
import { isPraasError, praasError } from '../../core/errors/errors.ts';
import type { Principal } from '../../core/identity/authenticator.ts';
import type { AccessPolicy, Action } from '../../core/identity/policy.ts';
import type { ChangeOptions } from '../../pat/change/change.ts';
import type { Caller } from '../../pat/interfaces/target.ts';
import type { Mapping } from '../../pat/mapping/mapping.ts';
import type { Wanted } from '../../pat/mapping/request.ts';
import type { ChangeQuery } from '../pat/schemas.ts';

/** Throws FORBIDDEN when the policy does not let the caller do that; `what` says it in words. */
export function requireAction(policy: AccessPolicy, principal: Principal, action: Action, what: string): void {
  if (!policy.allows(principal, action)) throw praasError('FORBIDDEN', { who: whoIs(principal), what });
}

/** Gives what tells the mappings that are there for the caller. */
export function visibleTo({ project_id }: Principal): (mapping: Pick<Mapping, 'project_id'>) => boolean {
  return (mapping) => project_id === null || mapping.project_id === project_id;
}

/** A new mapping belongs to the caller's project. Throws FORBIDDEN when another one is named. */
export function inProject(principal: Principal, input: Wanted): Wanted {
  const { project_id } = principal;
  if (project_id === null) return input;
  if ((input.project_id ?? project_id) !== project_id) {
    throw praasError('FORBIDDEN', { who: whoIs(principal), what: 'publish for another project' });
  }
  return { ...input, project_id };
}

/** What they may publish. */
export function callerOf(policy: AccessPolicy, principal: Principal): Caller {
  return {
    name: whoIs(principal),
    project_id: principal.project_id,
    any_port: policy.allows(principal, 'mapping:create:any-port'),
    any_target: policy.allows(principal, 'mapping:create:any-target'),
  };
}

/** How a change is asked for. Throws FORBIDDEN for somebody who may not pass the checks. */
export function optionsOf(policy: AccessPolicy, principal: Principal, { dry_run, force }: ChangeQuery): ChangeOptions {
  if (force === 'true') requireAction(policy, principal, 'mapping:force', 'use force');
  return { dry_run: dry_run === 'true', force: force === 'true' };
}

/** The error as somebody may know it: whoever has a project is told nothing of what else there is on the node. */
export function toldTo(principal: Principal | undefined, error: unknown): unknown {
  return (principal?.project_id ?? null) === null || !isPraasError(error) ? error : error.redacted();
}

function whoIs({ name, role }: Principal): string {
  return `${name} (${role})`;
}
