/** Which state of a mapping a caller has seen (RFC 9110, 8.8.3 and 13.1.1). */
import { createHash } from 'node:crypto';
import { praasError } from '../../pat/errors.ts';
import type { Mapping } from '../../pat/mapping/mapping.ts';
import type { MappingView } from '../../pat/mapping/view.ts';

const LENGTH = 22;

/** Changes with what somebody asked for, not with what becomes of it: status and counters change by themselves. */
export function etagOf(mapping: Mapping | MappingView): string {
  const { status: _, status_code: __, status_reason: ___, counters: ____, ...asked } = mapping as MappingView;
  const text = JSON.stringify(Object.entries(asked).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, LENGTH)}"`;
}

/** Gives a condition that throws PRECONDITION_FAILED; undefined when the request sets none. */
export function conditionOf(ifMatch: string | undefined): ((mapping: Mapping) => void) | undefined {
  if (ifMatch === undefined) return undefined;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  return (mapping) => {
    if (tags.includes('*') || tags.includes(etagOf(mapping))) return;
    throw praasError('PRECONDITION_FAILED', { id: mapping.id });
  };
}
