/** The columns of imported rules. */
import type { ImportedRule } from '../../pat/import/result.ts';
import type { Column } from '../output/rows.ts';

export type RouterRule = ImportedRule & { readonly router_id: string };

export const IMPORT_COLUMNS: readonly Column<RouterRule>[] = [
  { title: 'Router ID', value: ({ router_id }) => router_id },
  { title: 'Rule', value: ({ rule }) => rule },
  { title: 'Result', value: ({ result }) => result },
  { title: 'Mapping IDs', value: ({ mapping_ids }) => mapping_ids },
  { title: 'Reason', value: ({ reason }) => reason },
];
