/**
 * What of a notification counts: the IDs of what it is about. Its other contents depend on who asked and on the service's
 * version, may be old, and are never believed. Pure.
 */
import * as z from 'zod';

/** As oslo.messaging wraps it since its version 2, or bare. */
const Envelope = z.object({ 'oslo.message': z.string() });
const Message = z.object({ event_type: z.string(), payload: z.unknown() });

const ID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;
/** What something belongs to says nothing of it, and would make every event of a project one of all its servers. */
const OWNERS: readonly string[] = ['project_id', 'tenant_id', 'user_id', 'network_id', 'security_groups', 'request_id'];
const DEEPEST = 6;
const MOST = 100;

/** Nothing for what is no notification, or announces what has not happened yet. */
export function idsIn(content: Buffer | string): readonly string[] {
  const outer = jsonOf(content.toString());
  const envelope = Envelope.safeParse(outer).data;
  const message = Message.safeParse(envelope ? jsonOf(envelope['oslo.message']) : outer).data;
  if (message === undefined || message.event_type.endsWith('.start')) return [];
  const ids = new Set<string>();
  collect(message.payload, ids, 0);
  return [...ids];
}

function collect(value: unknown, ids: Set<string>, depth: number): void {
  if (ids.size >= MOST || depth > DEEPEST) return;
  if (typeof value === 'string') {
    if (ID.test(value)) ids.add(value);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inside] of Object.entries(value)) if (!OWNERS.includes(name)) collect(inside, ids, depth + 1);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
