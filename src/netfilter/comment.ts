/**
 * The mark on everything of ours in the kernel: a comment `praas:<mapping id>`. Never shortened (eight hex digits
 * collide), and without the L3 agent's name, because that agent takes every line that contains it for its own.
 */

const MARK = /^praas:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

export function commentOf(mapping_id: string): string {
  return `praas:${mapping_id}`;
}

/** The mapping id in one of our comments, undefined for anybody else's. */
export function mappingIdIn(comment: string | undefined): string | undefined {
  return MARK.exec(comment ?? '')?.[1];
}
