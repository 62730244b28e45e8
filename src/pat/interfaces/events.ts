/** The event log: where the events of mappings are appended and read. */
import type { Event, EventType, NewEvent } from '../mapping/event.ts';

/** Selects events; an empty filter selects all. The fields are those of the query of GET /v1/events. */
export interface EventFilter {
  readonly mapping_id?: string | undefined;
  readonly router_id?: string | undefined;
  /** Null: all projects. */
  readonly project_id?: string | null | undefined;
  readonly type?: EventType | undefined;
  /** Only events after the one with this ID, the oldest first. Left out: the newest events. */
  readonly after?: number | undefined;
  /** Maximum number of events. */
  readonly limit?: number | undefined;
}

/** True when the event matches, apart from `after` and `limit`. */
export function matchesFilter(event: Event, { mapping_id, router_id, project_id, type }: EventFilter): boolean {
  return (
    (mapping_id === undefined || event.mapping_id.startsWith(mapping_id)) &&
    (router_id === undefined || event.router_id === router_id) &&
    (project_id == null || event.project_id === project_id) &&
    (type === undefined || event.type === type)
  );
}

/** Appends events. It never fails a change: an event that cannot be appended is written to the log. */
export interface AuditLog {
  append(events: readonly NewEvent[]): Promise<void>;
}

/** Reads events. */
export interface Events {
  /** Oldest first. Throws STORE_UNREADABLE, NOT_PERMITTED. */
  list(filter: EventFilter): Promise<readonly Event[]>;
}
