/** The columns of corrections. */

import type { Correction } from '../../pat/follow/correction.ts';
import { reasonText } from '../../pat/mapping/reasons.ts';
import type { Column } from '../output/rows.ts';

export const CORRECTION_COLUMNS: readonly Column<Correction>[] = [
  { title: 'Mapping ID', value: ({ mapping_id }) => mapping_id },
  { title: 'Router ID', value: ({ router_id }) => router_id },
  { title: 'Action', value: ({ action }) => action },
  {
    title: 'Server IP',
    value: (correction) => (correction.action === 'follow' ? correction.to.server_ip : correction.seen.server_ip),
  },
  { title: 'Reason', value: (correction) => ('reason' in correction ? reasonText(correction.reason) : '') },
];
