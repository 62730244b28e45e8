/** Who may do what with which mappings. Pure. What is not theirs is not there for them: 404 and not 403. */
import type { Principal, Role } from '../auth/authenticator.ts';
import { praasError } from '../pat/errors.ts';
import type { Mapping, NewMapping } from '../pat/mapping.ts';

const RANK: Readonly<Record<Role, number>> = { reader: 0, member: 1, admin: 2 };

/** Throws FORBIDDEN when the caller is less than `role`. */
export function requireRole(principal: Principal, role: Role, what: string): void {
  if (RANK[principal.role] < RANK[role]) throw praasError('FORBIDDEN', { who: whoIs(principal), what });
}

/** Gives what tells the mappings that are there for the caller. */
export function visibleTo({ project_id }: Principal): (mapping: Pick<Mapping, 'project_id'>) => boolean {
  return (mapping) => project_id === null || mapping.project_id === project_id;
}

/** A new mapping belongs to the caller's project. Throws FORBIDDEN when another one is named. */
export function inProject(principal: Principal, input: NewMapping): NewMapping {
  const { project_id } = principal;
  if (project_id === null) return input;
  if ((input.project_id ?? project_id) !== project_id) {
    throw praasError('FORBIDDEN', { who: whoIs(principal), what: 'publish for another project' });
  }
  return { ...input, project_id };
}

function whoIs({ name, role }: Principal): string {
  return `${name} (${role})`;
}
