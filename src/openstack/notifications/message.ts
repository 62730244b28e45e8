/**
 * The IDs in a notification. Its other contents depend on the requester and the version of the service, and may be outdated, so they
 * are not used. Pure.
 */
import * as z from 'zod';
import { parseJson } from '../../core/values/json.ts';

/** The envelope of oslo.messaging since its version 2; older ones send the message bare. */
const Envelope = z.object({ 'oslo.message': z.string() });
const Message = z.object({ event_type: z.string(), payload: z.unknown() });

const ID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;
/** Keys of owners: following them would make each notification of a project one of all its servers. */
const OWNER_KEYS: readonly string[] = [
  'project_id',
  'tenant_id',
  'user_id',
  'network_id',
  'security_groups',
  'request_id',
  // Of Nova's versioned notifications.
  'action_initiator_project',
  'action_initiator_user',
  'image_uuid',
  'flavor',
  'keypairs',
];
const MAX_DEPTH = 6;
const MAX_IDS = 100;

/** Gives no IDs for a message that is not a notification, or that announces the start of an operation. */
export function idsIn(content: Buffer | string): readonly string[] {
  const body = parseJson(content.toString());
  const envelope = Envelope.safeParse(body).data;
  const message = Message.safeParse(envelope ? parseJson(envelope['oslo.message']) : body).data;
  if (message === undefined || message.event_type.endsWith('.start')) return [];
  const ids = new Set<string>();
  collect(message.payload, ids, 0);
  return [...ids];
}

function collect(value: unknown, ids: Set<string>, depth: number): void {
  if (ids.size >= MAX_IDS || depth > MAX_DEPTH) return;
  if (typeof value === 'string') {
    if (ID.test(value)) ids.add(value);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inside] of Object.entries(value)) if (!OWNER_KEYS.includes(name)) collect(inside, ids, depth + 1);
}
