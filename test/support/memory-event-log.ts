/** Events in memory. */
import { type AuditLog, type EventFilter, type Events, matchesFilter } from '../../src/pat/interfaces/events.ts';
import { type Event, type NewEvent } from '../../src/pat/mapping/event.ts';
import { NOW } from './samples.ts';

export class MemoryEventLog implements AuditLog, Events {
  readonly events: Event[] = [];

  async append(events: readonly NewEvent[]): Promise<void> {
    for (const event of events) this.events.push({ id: this.events.length + 1, at: NOW, ...event, request_id: '' });
  }

  async list(filter: EventFilter): Promise<readonly Event[]> {
    const { after = 0, limit = 100 } = filter;
    return this.events.filter((event) => event.id > after && matchesFilter(event, filter)).slice(0, limit);
  }
}
