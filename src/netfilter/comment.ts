/**
 * The comment on everything that praas puts into the kernel: `praas:<mapping ID>`. The ID is never shortened (eight hex digits
 * collide), and the comment never contains the name of Neutron's L3 agent, because that agent manages every line that does.
 */
import { isUuid } from '../core/values/uuid.ts';

const PREFIX = 'praas:';

/** Takes the ID of a mapping, gives the comment of its rules. */
export function commentOf(mappingId: string): string {
  return PREFIX + mappingId;
}

/** Takes the comment of a rule, gives the ID of its mapping; undefined when it is not a comment of praas. */
export function mappingIdIn(comment = ''): string | undefined {
  const mappingId = comment.slice(PREFIX.length);
  return comment.startsWith(PREFIX) && isUuid(mappingId) ? mappingId : undefined;
}
