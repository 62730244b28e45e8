/**
 * What the policy says, asked of those who come. Pure. An action that is not for somebody is FORBIDDEN; a thing that is not
 * theirs is not there for them: 404 and not 403.
 */
import type { Principal } from '../auth/authenticator.ts';
import type { AccessPolicy, Action } from '../auth/policy.ts';
import { isPraasError, praasError } from '../pat/errors.ts';
import type { Mapping } from '../pat/mapping.ts';
import type { ChangeOptions } from '../pat/pat.ts';
import type { Caller } from '../pat/targets.ts';
import type { Wanted } from '../pat/wanted.ts';
import type { ChangeQuery } from './schemas.ts';

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

/** Where a record is, for those who are not told. */
const SOMEWHERE = 'the state of this node';

/** The error as somebody may know it: whoever has a project is told nothing of what else there is on the node. */
export function toldTo(principal: Principal | undefined, error: unknown): unknown {
  if ((principal?.project_id ?? null) === null || !isPraasError(error)) return error;
  const { code, facts } = error;
  if (code === 'ROUTER_NOT_FOUND' && facts['is_own'] !== true)
    return praasError(code, { router: String(facts['router']), known: [] }, error);
  return code.startsWith('STORE_') ? praasError(code, { ...facts, path: SOMEWHERE }, error) : error;
}

function whoIs({ name, role }: Principal): string {
  return `${name} (${role})`;
}
