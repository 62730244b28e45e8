/** Entity tags of resources, and the conditions that requests set with them (RFC 9110, 8.8.3 and 13.1.1). */
import { createHash } from 'node:crypto';
import { praasError } from '../../core/errors/errors.ts';

const LENGTH = 22;

/** Takes the fields whose change is a change of the resource, gives their tag. The order of the fields does not count. */
export function entityTag(fields: object): string {
  const text = JSON.stringify(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, LENGTH)}"`;
}

/**
 * Gives a condition for a resource; undefined when the request has no If-Match.
 * The condition throws PRECONDITION_FAILED when the tag of the resource is not in the header.
 */
export function precondition<R extends { readonly id: string }>(
  ifMatch: string | undefined,
  tagOf: (resource: R) => string,
): ((resource: R) => void) | undefined {
  if (ifMatch === undefined) return undefined;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  return (resource) => {
    if (tags.includes('*') || tags.includes(tagOf(resource))) return;
    throw praasError('PRECONDITION_FAILED', { id: resource.id });
  };
}
