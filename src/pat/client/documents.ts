/**
 * The response bodies of a PAT agent, as schemas. Unknown fields are ignored and unknown reason codes are kept, because the agent
 * may be a newer version.
 */

import * as z from 'zod';
import { ErrorItem } from '../../core/client/error-document.ts';
import { Printable, PrintableLines } from '../../core/client/printable.ts';
import { HOP_VERDICTS, HOPS } from '../check/report.ts';
import { IMPORT_RESULTS } from '../import/result.ts';
import { Event, EventAuthor } from '../mapping/event.ts';
import { Mapping } from '../mapping/mapping.ts';

const Count = z.int().min(0);
const Printables = z.array(Printable);

const Counters = z.object({ packets: Count, bytes: Count, last_hit_at: Printable.nullable() });

const ReasonBody = z.object({
  code: Printable,
  facts: z.record(z.string(), z.union([Printable, z.array(Printable)])),
});

/** Lists of networks are canonical already. */
const MappingBody = z.object({
  ...Mapping.shape,
  allowed_cidrs: Printables,
  suspension: z.object({ reason: ReasonBody, rules_removed: z.boolean() }).nullable(),
  status_code: Printable.nullable(),
  status_reason: Printable,
  counters: Counters.nullable(),
});

/** The fields that every response to a change has in addition. */
const changed = { warnings: Printables, script: PrintableLines.optional() };

export const MappingDocument = z.object({ mapping: MappingBody, ...changed });
export const MappingsDocument = z.object({ mappings: z.array(MappingBody), ...changed });
export const DeletedDocument = MappingsDocument.extend({ failures: z.array(ErrorItem) });
export const MappingListDocument = z.object({ mappings: z.array(MappingBody), failures: z.array(ErrorItem) });

export const ConnectionsDocument = z.object({
  connections: z.array(
    z.object({
      protocol: Printable,
      source_ip: Printable,
      source_port: Count,
      server_ip: Printable,
      server_port: Count,
      state: Printable.nullable(),
    }),
  ),
});

export const CheckDocument = z.object({
  check: z.object({
    mapping_id: Printable,
    ok: z.boolean(),
    conclusion: Printable,
    hops: z.array(
      z.object({ hop: z.enum(HOPS), verdict: z.enum(HOP_VERDICTS), detail: Printable, next_step: Printable }),
    ),
  }),
});

export const SyncedDocument = z.object({
  sync: z.object({ added: Count, removed: Count, moved: Count }),
  ...changed,
});

export const ImportedDocument = z.object({
  import: z.object({
    rules: z.array(
      z.object({
        rule: Printable,
        result: z.enum(IMPORT_RESULTS),
        mapping_ids: z.array(z.uuid()),
        reason: Printable,
        reason_code: Printable.nullable(),
      }),
    ),
  }),
  ...changed,
});

const Ports = z.object({ tcp: Count, udp: Count });
const RouterSummary = z.object({
  router_id: Printable,
  name: Printable.nullable().default(null),
  project_id: Printable.nullable().default(null),
  namespace: Printable,
  gateway_ips: Printables,
  mappings: Count,
  free_ports: Ports,
  used_ports: Ports,
});
const RouterDetails = RouterSummary.extend({
  networks: Printables,
  mappings_in_kernel: Count,
  unmanaged: Printables,
  warnings: Printables,
  drift: z.object({ missing: Printables, unexpected: Printables }),
});

const ServerSummary = z.object({
  server_id: Printable,
  name: Printable,
  project_id: Printable,
  status: Printable,
  addresses: z.array(
    z.object({
      server_ip: Printable,
      port_id: Printable,
      routers: z.array(z.object({ router_id: Printable, name: Printable, gateway_ips: Printables })),
      floating_ips: Printables,
    }),
  ),
  mappings: Count,
});
export const ServerListDocument = z.object({ servers: z.array(ServerSummary) });

export const RouterListDocument = z.object({ routers: z.array(RouterSummary), failures: z.array(ErrorItem) });
export const RouterDocument = z.object({ router: RouterDetails });

const QuotaLine = z.object({ limit: z.int(), in_use: Count });
const QuotaBody = z.object({
  project_id: Printable,
  is_default: z.boolean(),
  mappings: QuotaLine,
  ports_per_router: QuotaLine,
});
export const QuotaDocument = z.object({ quota: QuotaBody });
export const QuotaListDocument = z.object({ quotas: z.array(QuotaBody) });

/** A mapping as it was at the time of an event. */
const PastMapping = MappingBody.omit({ counters: true });
export const EventListDocument = z.object({
  events: z.array(
    z.object({
      ...Event.shape,
      router_id: Printable,
      project_id: Printable.nullable(),
      reason: Printable,
      reason_code: Printable.nullable(),
      request_id: Printable,
      by: z.object({ ...EventAuthor.shape, name: Printable }),
      mapping: PastMapping,
    }),
  ),
});
export const AppliedCorrectionsDocument = z.object({
  /** Of a correction, only which mapping it is of: the rest is known to the sender. */
  applied: z.array(z.object({ correction: z.object({ mapping_id: z.uuid() }), mapping: PastMapping })),
  failures: z.array(ErrorItem),
});
