/** The columns of a quota. -1 means no limit, as with the openstack client. */
import type { QuotaView } from '../../pat/services/api.ts';
import type { Column } from '../output/rows.ts';

export const QUOTA_COLUMNS: readonly Column<QuotaView>[] = [
  { title: 'Project ID', value: ({ project_id }) => project_id },
  { title: 'Mappings', value: ({ mappings }) => mappings.limit },
  { title: 'Mappings In Use', value: ({ mappings }) => mappings.in_use },
  { title: 'Ports Per Router', value: ({ ports_per_router }) => ports_per_router.limit },
  { title: 'Ports In Use', value: ({ ports_per_router }) => ports_per_router.in_use },
  { title: 'Is Default', value: ({ is_default }) => is_default },
];
