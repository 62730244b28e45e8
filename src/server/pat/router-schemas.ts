/** What goes over the wire about routers and the servers behind them. */
import * as z from 'zod';
import { IMPORT_RESULTS } from '../../pat/import/result.ts';
import { Problem } from '../http/schemas.ts';
import { Count, Script, Warnings } from './schemas.ts';

const Ports = z.object({ tcp: Count, udp: Count });
const RouterSummary = z.object({
  router_id: z.string(),
  name: z.string().nullable().describe('in OpenStack; null: not known'),
  project_id: z.string().nullable(),
  namespace: z.string(),
  gateway_ips: z.array(z.string()),
  mappings: Count,
  free_ports: Ports.describe('ports of router_port_range that a new mapping could get'),
  used_ports: Ports.describe('ports that mappings have on the first gateway address'),
});
const RouterDetails = RouterSummary.extend({
  networks: z.array(z.string()),
  mappings_in_kernel: Count,
  unmanaged: z.array(z.string()).describe('rules and listening programs of others'),
  warnings: z.array(z.string()),
  drift: z.object({ missing: z.array(z.string()), unexpected: z.array(z.string()) }),
});
export const RouterListDocument = z
  .object({
    routers: z.array(RouterSummary.meta({ id: 'RouterSummary' })),
    failures: z.array(Problem).describe('why some routers could not be read'),
  })
  .meta({ id: 'RouterList' });
export const RouterDocument = z.object({ router: RouterDetails.meta({ id: 'Router' }) }).meta({ id: 'RouterDocument' });
const LeadingRouter = z.object({ router_id: z.string(), name: z.string(), gateway_ips: z.array(z.string()) });
const ServerSummary = z.object({
  server_id: z.string(),
  name: z.string(),
  project_id: z.string(),
  status: z.string().describe("Nova's word"),
  addresses: z.array(
    z.object({
      server_ip: z.string(),
      port_id: z.string(),
      routers: z.array(LeadingRouter).describe('routers of the project that lead there'),
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
      'imported: a new mapping does what it did. ours: a mapping that was there does. dropped: a rule before it took all of ' +
        'its packets. These are taken away; one that is left stays',
    ),
  mapping_ids: z
    .array(z.string())
    .describe('the mappings that do what it did; with dry_run made up where they are new'),
  reason: z.string().describe('why it is dropped or left; else empty'),
});
export const ImportedDocument = z
  .object({
    import: z.object({ router_id: z.string(), rules: z.array(ImportedRule.meta({ id: 'ImportedRule' })) }),
    warnings: Warnings,
    script: Script,
  })
  .meta({ id: 'Imported' });
