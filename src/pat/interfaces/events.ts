/** Where events are kept and asked for. */
import { Event, type EventType, type NewEvent } from '../mapping/event.ts';

/** What is looked for; everything when it says nothing. */
export interface EventFilter {
  readonly mapping_id?: string | undefined;
  readonly router_id?: string | undefined;
  /** Null: of all projects. */
  readonly project_id?: string | null | undefined;
  readonly type?: EventType | undefined;
  /** Only events after the one with this id; oldest first. Without it the newest. */
  readonly after?: number | undefined;
  /** So many at most. */
  readonly limit?: number | undefined;
}

/** True when the event is looked for, whatever its place. */
export function matchesFilter(event: Event, { mapping_id, router_id, project_id, type }: EventFilter): boolean {
  return (
    (mapping_id === undefined || event.mapping_id.startsWith(mapping_id)) &&
    (router_id === undefined || event.router_id === router_id) &&
    (project_id == null || event.project_id === project_id) &&
    (type === undefined || event.type === type)
  );
}

/** Who takes events down. It never fails a change: what cannot be noted is said in the log. */
export interface AuditLog {
  append(events: readonly NewEvent[]): Promise<void>;
}

/** Who has them. */
export interface Events {
  /** Oldest first. Throws STORE_UNREADABLE, NOT_PERMITTED. */
  list(filter: EventFilter): Promise<readonly Event[]>;
}
