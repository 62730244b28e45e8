/** The columns of routers. */
import type { RouterSummary } from '../../pat/router/view.ts';
import type { Column } from '../output/rows.ts';

export const ROUTER_COLUMNS: readonly Column<RouterSummary>[] = [
  { title: 'Router ID', value: ({ router_id }) => router_id },
  { title: 'Name', value: ({ name }) => name },
  { title: 'Project ID', value: ({ project_id }) => project_id },
  { title: 'Namespace', value: ({ namespace }) => namespace },
  { title: 'Gateway IPs', value: ({ gateway_ips }) => gateway_ips },
  { title: 'Mappings', value: ({ mappings }) => mappings },
  { title: 'Free TCP Ports', value: ({ free_ports }) => free_ports.tcp },
  { title: 'Free UDP Ports', value: ({ free_ports }) => free_ports.udp },
  { title: 'Used TCP Ports', value: ({ used_ports }) => used_ports.tcp },
  { title: 'Used UDP Ports', value: ({ used_ports }) => used_ports.udp },
];

/** The default columns of `praas router list`. */
export const LISTED_ROUTERS: readonly string[] = [
  'Name',
  'Namespace',
  'Gateway IPs',
  'Mappings',
  'Free TCP Ports',
  'Free UDP Ports',
];
