/** The columns of events. */
import type { Event } from '../../pat/mapping/event.ts';
import type { Column } from '../output/rows.ts';

export const EVENT_COLUMNS: readonly Column<Event>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'At', value: ({ at }) => at },
  { title: 'Event', value: ({ type }) => type },
  { title: 'Mapping ID', value: ({ mapping_id }) => mapping_id },
  { title: 'Router ID', value: ({ router_id }) => router_id },
  { title: 'Project ID', value: ({ project_id }) => project_id },
  { title: 'Mapping', value: ({ mapping }) => placeOf(mapping) },
  { title: 'By', value: ({ by }) => (by.kind === by.name ? by.name : `${by.kind} ${by.name}`) },
  { title: 'Reason', value: ({ reason }) => reason },
  { title: 'Changed', value: ({ before }) => Object.keys(before) },
  { title: 'Request ID', value: ({ request_id }) => request_id },
];

/** The default columns of `praas events`. */
export const LISTED_EVENTS: readonly string[] = ['At', 'Event', 'Mapping ID', 'Mapping', 'By', 'Reason'];

function placeOf({ gateway_ip, router_port, protocol, server_ip, server_port }: Event['mapping']): string {
  return `${gateway_ip}:${router_port}/${protocol} to ${server_ip}:${server_port}`;
}
