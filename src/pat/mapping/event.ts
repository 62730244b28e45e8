/**
 * The events of mappings, as the event log keeps them: what changed, when, who changed it and why, with the mapping after the
 * change (before it, for a deletion). Pure.
 */

import * as z from 'zod';
import { REQUESTER_KINDS, Requester, type RequesterKind } from '../../core/identity/requester.ts';
import { Time } from '../../core/values/time.ts';
import { Mapping } from './mapping.ts';
import { type Reason, ReasonCode, reasonText } from './reasons.ts';

/**
 * The monitor causes `followed` (the mapping has another server address, port or server), `suspended` (it is DOWN because of
 * the state of OpenStack) and `resumed`. `down` and `active` are changes of the status on the node that no request caused. `omitted`
 * stands for this event and the later ones of its project on that day, which are left out: those of `created` and `deleted`, or the others.
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
  'omitted',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The requester as it is stored; `expiry` and `agent` are the node itself. */
export const EventAuthor = z.strictObject({ kind: z.enum(REQUESTER_KINDS), name: z.string() });

const internalRequester = (kind: RequesterKind): Requester =>
  new Requester({ name: kind, role: 'admin', projectId: null, kind });
export const MONITOR_REQUESTER = internalRequester('monitor');
const AGENT_REQUESTER = internalRequester('agent');
const EXPIRY_REQUESTER = internalRequester('expiry');

export const Event = z.strictObject({
  /** Grows with each event of a node. */
  id: z.int().min(1),
  at: Time,
  type: z.enum(EVENT_TYPES),
  mapping_id: z.uuid(),
  router_id: z.string(),
  project_id: z.string().nullable(),
  by: EventAuthor,
  /** The sentence of the code, or what the requester gave; empty when it gave none. */
  reason: z.string(),
  /** Null where the requester gave the reason, or none. */
  reason_code: ReasonCode.nullable(),
  /** Empty when no request caused the event. */
  request_id: z.string(),
  /** The changed fields with their previous values. */
  before: z.record(z.string(), z.unknown()),
  mapping: Mapping,
});
export type Event = z.infer<typeof Event>;
/** An event that is not yet in the event log, which adds the other fields. */
export type NewEvent = Omit<Event, 'id' | 'at' | 'request_id'>;

/** A mapping before and after a change; undefined when it did not exist. */
interface Transition {
  readonly before: Mapping | undefined;
  readonly after: Mapping | undefined;
}

/** What a change did to mappings. */
export interface Transitions {
  readonly transitions: readonly Transition[];
  /** By the mapping's ID, where the cause is not the request itself. */
  readonly causes: ReadonlyMap<string, Cause> | undefined;
}

/** Why a mapping changed. */
export interface Cause {
  readonly requester: Requester;
  /** Left out: it follows from the transition. */
  readonly type?: EventType;
  /** A text for a reason that has no code. */
  readonly reason?: Reason | string;
}

/** Gives the events of a change; `request` is the cause of transitions that have none of their own. */
export function eventsOf({ transitions, causes }: Transitions, request: Cause): NewEvent[] {
  return transitions.flatMap(
    (transition) =>
      eventOf(transition, causes?.get((transition.before ?? transition.after)?.id ?? '') ?? request) ?? [],
  );
}

/** Gives nothing for a transition without a difference. */
function eventOf({ before, after }: Transition, { requester, type, reason = '' }: Cause): NewEvent | undefined {
  const mapping = after ?? before;
  if (mapping === undefined) return undefined;
  const previous = before && after ? previousValues(before, after) : {};
  if (before && after && Object.keys(previous).length === 0) return undefined;
  const eventType: EventType = before === undefined ? 'created' : after === undefined ? 'deleted' : (type ?? 'updated');
  const { id, router_id, project_id } = mapping;
  return {
    type: eventType,
    mapping_id: id,
    router_id,
    project_id,
    by: authorOf(requester),
    ...(typeof reason === 'string'
      ? { reason, reason_code: null }
      : { reason: reasonText(reason), reason_code: reason.code }),
    before: previous,
    mapping,
  };
}

/** Gives the event of a status change that no request caused; nothing while the status stays the same. */
export function statusEventOf({ before, after }: Transition): NewEvent | undefined {
  if (before === undefined || after === undefined || before.status === after.status) return undefined;
  const { id, router_id, project_id, status_code, status_reason } = after;
  return {
    type: after.status === 'ACTIVE' ? 'active' : 'down',
    mapping_id: id,
    router_id,
    project_id,
    by: authorOf(status_code === 'EXPIRED' ? EXPIRY_REQUESTER : AGENT_REQUESTER),
    reason: status_reason,
    reason_code: status_code,
    before: { status: before.status, status_code: before.status_code, status_reason: before.status_reason },
    mapping: after,
  };
}

const OMISSION: Reason = { code: 'EVENTS_OMITTED', facts: {} };
const LIFECYCLE_OMISSION: Reason = { code: 'LIFECYCLE_EVENTS_OMITTED', facts: {} };

/** True for an event that opens or closes a port for good, and for the one that stands for such events. */
export function isLifecycleEvent({ type, reason_code }: { type: string; reason_code: string | null }): boolean {
  return type === 'created' || type === 'deleted' || reason_code === LIFECYCLE_OMISSION.code;
}

/** Gives the event that stands for this one and the later ones of its kind and project on that day. */
export function omissionOf(event: NewEvent): NewEvent {
  const { mapping_id, router_id, project_id, by, mapping } = event;
  const reason = isLifecycleEvent(event) ? LIFECYCLE_OMISSION : OMISSION;
  const subject = { mapping_id, router_id, project_id, by };
  return { type: 'omitted', ...subject, reason: reasonText(reason), reason_code: reason.code, before: {}, mapping };
}

function authorOf({ kind, name }: Requester): z.infer<typeof EventAuthor> {
  return { kind, name };
}

/** Fields that follow from other fields, so a change of these alone is no event. */
const DERIVED_FIELDS: readonly string[] = [
  'status',
  'status_code',
  'status_reason',
  'security_group_rule_ids',
  'updated_at',
];

function previousValues(before: Mapping, after: Mapping): Record<string, unknown> {
  const fields = Object.entries(before).filter(
    ([name, value]) =>
      !DERIVED_FIELDS.includes(name) && JSON.stringify(value) !== JSON.stringify(after[name as keyof Mapping]),
  );
  return Object.fromEntries(fields);
}
