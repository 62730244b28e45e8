/** What goes over the wire, as schemas: they check requests, and /openapi.json is made of them. */
import * as z from 'zod';
import { Cidrs, Ipv4, Mapping, MappingPatch, NewMapping, Port, Protocol, RouterId, Status } from '../pat/mapping.ts';

/** So many mappings in one request at most. */
export const MOST_CREATED = 1000;
export const MOST_DELETED = 10_000;
export const MOST_LISTED = 10_000;

const Count = z.int().min(0);

export const Counters = z
  .strictObject({
    packets: Count.describe('packets that the rules saw: the first one of each connection'),
    bytes: Count.describe('bytes of those packets'),
    last_hit_at: z.string().nullable().describe('when somebody last came; null: not since the daemon watches'),
  })
  .meta({ id: 'Counters' });

/** In answers nothing is transformed any more, and OpenAPI has no word for a transformation. */
export const MappingAnswer = z
  .object({ ...Mapping.shape, allowed_cidrs: z.array(z.string()), counters: Counters.nullable() })
  .meta({ id: 'Mapping' });

export const NewMappingBody = z
  .strictObject({ ...NewMapping.shape, allowed_cidrs: Cidrs.optional() })
  .meta({ id: 'NewMapping' });
export const MappingPatchBody = z.strictObject(MappingPatch.shape).meta({ id: 'MappingPatch' });

export const CreateBody = z
  .strictObject({
    mapping: NewMappingBody.optional(),
    mappings: z
      .array(NewMappingBody, 'a list of mappings')
      .min(1, 'a list of one mapping or more')
      .max(MOST_CREATED, `a list of at most ${MOST_CREATED} mappings`)
      .optional()
      .describe('all of one router; published all or none'),
  })
  .refine(({ mapping, mappings }) => (mapping === undefined) !== (mappings === undefined), {
    message: 'an object with either a mapping or mappings',
  });
export type CreateBody = z.infer<typeof CreateBody>;
export const UpdateBody = z.strictObject({ mapping: MappingPatchBody });
export type UpdateBody = z.infer<typeof UpdateBody>;
export const DeleteBody = z.strictObject({
  ids: z.array(z.string().min(1).max(64), 'a list of IDs').min(1, 'one ID or more').max(MOST_DELETED),
});

export type DeleteBody = z.infer<typeof DeleteBody>;

/** Query strings have no booleans. */
const Flag = z.enum(['true', 'false'], 'true or false');

export const ChangeQuery = z.strictObject({
  dry_run: Flag.optional().describe('decide and show, change nothing'),
  force: Flag.optional().describe('pass the checks that may be wrong about this router; admin only'),
});
export type ChangeQuery = z.infer<typeof ChangeQuery>;

const QueryPort = z.coerce.number('a port from 1 to 65535').pipe(Port);
/** Given once or several times. */
const Several = <T extends z.ZodType>(schema: T) => z.union([z.array(schema), schema]);

const FIELD_NAMES = Object.keys(MappingAnswer.shape) as (keyof typeof MappingAnswer.shape)[];
export const SORT_KEYS = FIELD_NAMES.filter((name) => name !== 'counters' && name !== 'allowed_cidrs');

export const ListQuery = z.strictObject({
  router_id: RouterId.optional(),
  project_id: z.string().max(255).optional(),
  protocol: Protocol.optional(),
  router_port: QueryPort.optional(),
  gateway_ip: Ipv4.optional(),
  server_ip: Ipv4.optional(),
  server_port: QueryPort.optional(),
  name: z.string().max(255).optional(),
  status: Status.optional(),
  enabled: Flag.optional(),
  limit: z.coerce.number().pipe(z.int().min(1).max(MOST_LISTED)).optional().describe('so many at most; default: all'),
  marker: z.string().max(64).optional().describe('ID of the last mapping of the page before'),
  sort_key: Several(z.enum(SORT_KEYS as [string, ...string[]], 'a field of a mapping')).optional(),
  sort_dir: Several(z.enum(['asc', 'desc'], 'asc or desc')).optional(),
  fields: Several(z.enum(FIELD_NAMES as [string, ...string[]], 'a field of a mapping')).optional(),
});
export type ListQuery = z.infer<typeof ListQuery>;

const Link = z.object({ rel: z.literal('next'), href: z.string() });
const Warnings = z.array(z.string()).describe('what an operator should know although it worked');
const Script = z.string().optional().describe('with dry_run: what would be handed to the kernel');

export const Problem = z
  .object({
    request_id: z.string(),
    code: z.string().describe('such as praas.port-taken'),
    status: z.int(),
    title: z.string(),
    detail: z.string(),
    next_steps: z.array(z.string()),
    facts: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Problem' });
export const Errors = z.object({ errors: z.array(Problem) }).meta({ id: 'Errors' });

export const MappingDocument = z
  .object({ mapping: MappingAnswer, warnings: Warnings, script: Script })
  .meta({ id: 'MappingDocument' });
export const MappingsDocument = z
  .object({ mappings: z.array(MappingAnswer), warnings: Warnings, script: Script })
  .meta({ id: 'MappingsDocument' });
export const CreatedDocument = z.union([MappingDocument, MappingsDocument]);
export const MappingListDocument = z
  .object({
    mappings: z.array(MappingAnswer.partial()),
    mappings_links: z.array(Link).optional(),
    failures: z.array(Problem).describe('routers whose records could not be read'),
  })
  .meta({ id: 'MappingList' });
export const DeletedDocument = z
  .object({
    mappings: z.array(MappingAnswer),
    warnings: Warnings,
    script: Script,
    failures: z.array(Problem).describe('why the mappings of some routers stayed'),
  })
  .meta({ id: 'Deleted' });

export const ConnectionsDocument = z
  .object({
    connections: z.array(
      z.object({
        protocol: z.string(),
        source_ip: z.string(),
        source_port: z.int(),
        server_ip: z.string(),
        server_port: z.int(),
        state: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Connections' });

const Ports = z.object({ tcp: Count, udp: Count });
const RouterSummary = z.object({
  router_id: z.string(),
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
  .object({ routers: z.array(RouterSummary.meta({ id: 'RouterSummary' })) })
  .meta({ id: 'RouterList' });
export const RouterDocument = z.object({ router: RouterDetails.meta({ id: 'Router' }) }).meta({ id: 'RouterDocument' });
export const SyncedDocument = z
  .object({
    sync: z.object({ router_id: z.string(), added: Count, removed: Count, moved: Count }),
    warnings: Warnings,
    script: Script,
  })
  .meta({ id: 'Synced' });
