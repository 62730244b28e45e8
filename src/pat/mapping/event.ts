/**
 * What happened to mappings, for people and machines that look back: what, when, by whom and why, with the mapping as it was
 * after (or, when it is gone, before). Pure.
 */

import * as z from 'zod';
import { REQUESTER_KINDS, Requester, type RequesterKind } from '../../core/identity/requester.ts';
import { Time } from '../../core/values/time.ts';
import { Mapping } from './mapping.ts';

/**
 * `followed`, `suspended` and `resumed` are the monitor's: it leads to where its server is now, is DOWN because of what
 * OpenStack says, and no longer is. `down` and `active` are changes of the status on the node that nobody asked for.
 */
export const EVENT_TYPES = [
  'created',
  'updated',
  'deleted',
  'followed',
  'suspended',
  'resumed',
  'down',
  'active',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Who did it, as it is written down: `expiry` and `agent` are the node itself. */
export const EventAuthor = z.strictObject({ kind: z.enum(REQUESTER_KINDS), name: z.string() });

const partOfPraas = (kind: RequesterKind): Requester =>
  new Requester({ name: kind, role: 'admin', projectId: null, kind });
export const MONITOR = partOfPraas('monitor');
const AGENT = partOfPraas('agent');
const EXPIRY = partOfPraas('expiry');

export const Event = z.strictObject({
  /** Grows with each event of a node. */
  id: z.int().min(1),
  at: Time,
  type: z.enum(EVENT_TYPES),
  mapping_id: z.uuid(),
  router_id: z.string(),
  project_id: z.string().nullable(),
  by: EventAuthor,
  /** Empty where whoever did it gave none. */
  reason: z.string(),
  /** Empty when nobody asked. */
  request_id: z.string(),
  /** Fields that changed, with what they were before. */
  before: z.record(z.string(), z.unknown()),
  mapping: Mapping,
});
export type Event = z.infer<typeof Event>;
/** One that has not been noted yet. */
export type NewEvent = Omit<Event, 'id' | 'at' | 'request_id'>;

/** A mapping before and after a change; undefined where it is not. */
interface Step {
  readonly before: Mapping | undefined;
  readonly after: Mapping | undefined;
}

/** What a change did, with the causes of its own by the mapping's id. */
export interface Happened {
  readonly happened: readonly Step[];
  readonly causes: ReadonlyMap<string, Cause> | undefined;
}

/** Who did it and, where they say so, what it is and why. */
export interface Cause {
  readonly by: Requester;
  readonly type?: EventType;
  readonly reason?: string;
}

/** What has no cause of its own was `asked` for. */
export function eventsOf({ happened, causes }: Happened, asked: Cause): NewEvent[] {
  return happened.flatMap((step) => eventOf(step, causes?.get((step.before ?? step.after)?.id ?? '') ?? asked) ?? []);
}

/** Gives nothing for a step that changes nothing. */
function eventOf({ before, after }: Step, { by, type, reason = '' }: Cause): NewEvent | undefined {
  const mapping = after ?? before;
  if (mapping === undefined) return undefined;
  const differing = before && after ? difference(before, after) : {};
  if (before && after && Object.keys(differing).length === 0) return undefined;
  const found: EventType = before === undefined ? 'created' : after === undefined ? 'deleted' : (type ?? 'updated');
  const { id, router_id, project_id } = mapping;
  return { type: found, mapping_id: id, router_id, project_id, by: authorOf(by), reason, before: differing, mapping };
}

/** What became of a mapping by itself: only whether it is ACTIVE counts, and why not. */
export function statusEventOf({ before, after }: Step): NewEvent | undefined {
  if (before === undefined || after === undefined || before.status === after.status) return undefined;
  const type = after.status === 'ACTIVE' ? 'active' : 'down';
  const by = after.status_code === 'EXPIRED' ? EXPIRY : AGENT;
  const { id, router_id, project_id, status_reason } = after;
  const differing = { status: before.status, status_reason: before.status_reason };
  return {
    type,
    mapping_id: id,
    router_id,
    project_id,
    by: authorOf(by),
    reason: status_reason,
    before: differing,
    mapping: after,
  };
}

function authorOf({ kind, name }: Requester): z.infer<typeof EventAuthor> {
  return { kind, name };
}

const FOLLOWING: readonly string[] = ['status', 'status_code', 'status_reason', 'updated_at'];

/** The fields of `before` that are others in `after`; what follows of another change is none of its own. */
function difference(before: Mapping, after: Mapping): Record<string, unknown> {
  const fields = Object.entries(before).filter(
    ([name, value]) =>
      !FOLLOWING.includes(name) && JSON.stringify(value) !== JSON.stringify(after[name as keyof Mapping]),
  );
  return Object.fromEntries(fields);
}
