/** The columns of mappings: every field, with a title as the openstack client writes it. */
import type { Mapping } from '../../pat/mapping/mapping.ts';
import type { Counters, MappingView } from '../../pat/mapping/view.ts';
import type { Column } from '../output/rows.ts';

const column = (title: string, field: keyof Mapping): Column<MappingView> => ({
  title,
  value: (mapping) => mapping[field],
});

/** Empty while no counters are known. */
const counter = (title: string, field: keyof Counters): Column<MappingView> => ({
  title,
  value: ({ counters }) => counters?.[field] ?? null,
});

export const MAPPING_COLUMNS: readonly Column<MappingView>[] = [
  column('ID', 'id'),
  column('Name', 'name'),
  column('Description', 'description'),
  column('Router ID', 'router_id'),
  column('Project ID', 'project_id'),
  column('Protocol', 'protocol'),
  column('Gateway IP', 'gateway_ip'),
  column('Router Port', 'router_port'),
  column('Server IP', 'server_ip'),
  column('Server Port', 'server_port'),
  column('Server ID', 'server_id'),
  column('Port ID', 'port_id'),
  column('Allowed CIDRs', 'allowed_cidrs'),
  column('Masquerade', 'masquerade'),
  column('Expires At', 'expires_at'),
  column('Enabled', 'enabled'),
  column('Open Security Group', 'open_security_group'),
  column('Security Group Rule IDs', 'security_group_rule_ids'),
  column('Suspension', 'suspension'),
  column('Status', 'status'),
  column('Status Code', 'status_code'),
  column('Status Reason', 'status_reason'),
  column('Created At', 'created_at'),
  column('Updated At', 'updated_at'),
  counter('Packets', 'packets'),
  counter('Bytes', 'bytes'),
  counter('Last Hit', 'last_hit_at'),
];

/** The default columns of `praas pat list`. */
export const LISTED: readonly string[] = [
  'ID',
  'Name',
  'Protocol',
  'Gateway IP',
  'Router Port',
  'Server IP',
  'Server Port',
  'Allowed CIDRs',
  'Status',
];
