/** Schemas of responses about routers, and about the servers behind them. */
import * as z from 'zod';
import { IMPORT_RESULTS } from '../../pat/import/result.ts';
import { ProblemDocument } from '../http/schemas.ts';
import { Count, Script, Warnings } from './schemas.ts';

const Ports = z.object({ tcp: Count, udp: Count });
const RouterSummary = z.object({
  router_id: z.string(),
  name: z.string().nullable().describe('name in OpenStack; null: unknown'),
  project_id: z.string().nullable(),
  namespace: z.string(),
  gateway_ips: z.array(z.string()),
  mappings: Count,
  free_ports: Ports.describe('free ports of router_port_range on the first gateway address'),
  used_ports: Ports.describe('ports of mappings on the first gateway address'),
});
const RouterDetails = RouterSummary.extend({
  networks: z.array(z.string()),
  mappings_in_kernel: Count,
  unmanaged: z
    .array(z.string())
    .describe('unmanaged rules and listening processes that use ports of a gateway address'),
  warnings: z.array(z.string()),
  drift: z.object({ missing: z.array(z.string()), unexpected: z.array(z.string()) }),
});
export const RouterListDocument = z
  .object({
    routers: z.array(RouterSummary.meta({ id: 'RouterSummary' })),
    failures: z.array(ProblemDocument).describe('routers that could not be read, with the reasons'),
  })
  .meta({ id: 'RouterList' });
export const RouterDocument = z.object({ router: RouterDetails.meta({ id: 'Router' }) }).meta({ id: 'RouterDocument' });
const ReachableRouter = z.object({ router_id: z.string(), name: z.string(), gateway_ips: z.array(z.string()) });
const ServerSummary = z.object({
  server_id: z.string(),
  name: z.string(),
  project_id: z.string(),
  status: z.string().describe('status in Nova'),
  addresses: z.array(
    z.object({
      server_ip: z.string(),
      port_id: z.string(),
      routers: z.array(ReachableRouter).describe('routers of the project that reach the address'),
      floating_ips: z.array(z.string()),
    }),
  ),
  mappings: Count,
});
export const ServerListDocument = z
  .object({ servers: z.array(ServerSummary.meta({ id: 'Server' })) })
  .meta({ id: 'ServerList' });

export const SyncedDocument = z
  .object({
    sync: z.object({ router_id: z.string(), added: Count, removed: Count, moved: Count }),
    warnings: Warnings,
    script: Script,
  })
  .meta({ id: 'Synced' });

const ImportedRule = z.object({
  rule: z.string().describe('as iptables-save shows it'),
  result: z
    .enum(IMPORT_RESULTS)
    .describe(
      'imported: replaced by a new mapping; existing: replaced by an existing mapping; deleted: because an earlier rule ' +
        'matched all of its packets; kept: unchanged',
    ),
  mapping_ids: z
    .array(z.string())
    .describe('mappings that replace the rule; with dry_run the IDs of new mappings are not final'),
  reason: z.string().describe('why it is deleted or kept; otherwise empty'),
  reason_code: z.string().nullable().describe('code of the reason; otherwise null'),
});
export const ImportedDocument = z
  .object({
    import: z.object({ router_id: z.string(), rules: z.array(ImportedRule.meta({ id: 'ImportedRule' })) }),
    warnings: Warnings,
    script: Script,
  })
  .meta({ id: 'Imported' });
