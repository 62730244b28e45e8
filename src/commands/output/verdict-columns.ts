/** The columns of what the monitor found. */
import type { Verdict } from '../../pat/follow/correction.ts';
import type { Column } from './rows.ts';

export const VERDICT_COLUMNS: readonly Column<Verdict>[] = [
  { title: 'Mapping ID', value: ({ mapping_id }) => mapping_id },
  { title: 'Router ID', value: ({ router_id }) => router_id },
  { title: 'Action', value: ({ action }) => action },
  {
    title: 'Server IP',
    value: (verdict) => (verdict.action === 'lead' ? verdict.to.server_ip : verdict.seen.server_ip),
  },
  { title: 'Reason', value: (verdict) => ('reason' in verdict ? verdict.reason : '') },
];
