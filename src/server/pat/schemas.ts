/** Schemas of requests and responses about mappings: they validate requests, and /openapi.json is made of them. */
import * as z from 'zod';
import { Ipv4, Port, StoredText } from '../../core/values/schemas.ts';
import { Mapping, MappingPatch, MappingReference, Protocol, RouterId, Status } from '../../pat/mapping/mapping.ts';
import { MappingRequest } from '../../pat/mapping/request.ts';
import { Link, ProblemDocument } from '../http/schemas.ts';
import { withDescriptions } from './descriptions.ts';

/** Mappings in one request. */
const MAX_CREATED = 1000;
const MAX_DELETED = 10_000;
const MAX_LISTED = 10_000;

/** A list of from one to so many items in a request. zod looks at no item of one that is too long. */
export const listOf = <T extends z.ZodType>(item: T, one: string, most: number) =>
  z
    .array(item, `a list of ${one}s`)
    .min(1, `a list of at least one ${one}`)
    .max(most, `a list of at most ${most} ${one}s`);

export const Count = z.int().min(0);

export const Counters = z
  .strictObject({
    packets: Count.describe('packets that matched the rules: the first one of each connection'),
    bytes: Count.describe('bytes of those packets'),
    last_hit_at: z.string().nullable().describe('time of the last match; null: none since the daemon started'),
  })
  .meta({ id: 'Counters' });

/** For responses. The networks are already canonical there, and OpenAPI cannot describe the transformation of a request. */
export const MappingSchema = z
  .object({
    ...withDescriptions({ ...Mapping.shape, allowed_cidrs: z.array(z.string()) }),
    counters: Counters.nullable().describe('counters of its rules; null: not known yet'),
  })
  .meta({ id: 'Mapping' });

export const NewMappingBody = z.strictObject(withDescriptions(MappingRequest.shape)).meta({ id: 'NewMapping' });
export const MappingPatchBody = z
  .strictObject(withDescriptions(MappingPatch.shape))
  .meta({ id: 'MappingPatch', minProperties: 1 });

const EXAMPLE = { router_id: '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11', server_ip: '10.20.0.51', server_port: 22 };

export const CreateBody = z
  .strictObject({
    mapping: NewMappingBody.optional(),
    mappings: listOf(NewMappingBody, 'mapping', MAX_CREATED)
      .optional()
      .describe('mappings of one router; all are created, or none'),
  })
  .refine(({ mapping, mappings }) => (mapping === undefined) !== (mappings === undefined), {
    message: 'an object with either a mapping or mappings',
  })
  .meta({ minProperties: 1, maxProperties: 1, override: { examples: [{ mapping: EXAMPLE }] } });
export type CreateBody = z.infer<typeof CreateBody>;
export const UpdateBody = z
  .strictObject({ mapping: MappingPatchBody })
  .meta({ override: { examples: [{ mapping: { router_port: 4050, allowed_cidrs: ['198.51.100.0/24'] } }] } });
export type UpdateBody = z.infer<typeof UpdateBody>;
export const DeleteBody = z
  .strictObject({
    ids: listOf(MappingReference, 'ID', MAX_DELETED).describe('IDs of mappings, or unambiguous prefixes of them'),
  })
  .meta({ override: { examples: [{ ids: ['7c9e6679-7425-40de-944b-e07fc1f90ae7', '9b2e0a52'] }] } });
export type DeleteBody = z.infer<typeof DeleteBody>;

/** A query string has no booleans. */
const Flag = z.enum(['true', 'false'], 'true or false');

export const ChangeQuery = z.strictObject({
  dry_run: Flag.optional().describe('show the result without any change'),
  force: Flag.optional().describe('skip the checks that may not apply to this router; for operators'),
});
export type ChangeQuery = z.infer<typeof ChangeQuery>;

/** A query string has no numbers either. Text that is not a number stays text, and is refused. */
export const numeral = <T extends z.ZodType>(schema: T) =>
  z.preprocess((text) => (typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : text), schema);
const QueryPort = numeral(Port);
/** A parameter that may be repeated. */
const repeatable = <T extends z.ZodType>(schema: T) =>
  z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(schema));
const A_LIMIT = `a whole number from 1 to ${MAX_LISTED}`;

const FIELD_NAMES = Object.keys(MappingSchema.shape) as (keyof typeof MappingSchema.shape)[];
const UNSORTABLE: readonly string[] = ['counters', 'allowed_cidrs', 'security_group_rule_ids', 'suspension'];
const SORT_KEYS = FIELD_NAMES.filter((name) => !UNSORTABLE.includes(name));

export const ListQuery = z.strictObject({
  router_id: RouterId.optional().describe('only mappings of this router'),
  project_id: StoredText.optional().describe('only mappings of this project'),
  protocol: Protocol.optional().describe('only mappings of this protocol'),
  router_port: QueryPort.optional().describe('only mappings on this port of a gateway address'),
  gateway_ip: Ipv4.optional().describe('only mappings on this gateway address'),
  server_ip: Ipv4.optional().describe('only mappings to this server'),
  server_port: QueryPort.optional().describe('only mappings to this port of a server'),
  related_to: repeatable(StoredText.min(1, 'an ID'))
    .optional()
    .describe(
      'only mappings with this ID of their own, or of their router, port, server or project; repeat it for several',
    ),
  name: StoredText.optional().describe('only mappings with exactly this name'),
  status: Status.optional().describe('only mappings with this status'),
  enabled: Flag.optional().describe('only enabled mappings, or only disabled mappings'),
  limit: numeral(z.int(A_LIMIT).min(1, A_LIMIT).max(MAX_LISTED, A_LIMIT))
    .optional()
    .describe('maximum number of mappings; default: all'),
  marker: MappingReference.optional().describe('ID of the last mapping of the previous page'),
  sort_key: repeatable(z.enum(SORT_KEYS as [string, ...string[]], 'a field of a mapping'))
    .optional()
    .describe('field to sort by; repeat it for several'),
  sort_dir: repeatable(z.enum(['asc', 'desc'], 'asc or desc'))
    .optional()
    .describe('direction of the sort_key at the same position; default: asc'),
  fields: repeatable(z.enum(FIELD_NAMES as [string, ...string[]], 'a field of a mapping'))
    .optional()
    .describe('field to include; repeat it for several; default: all'),
});
export type ListQuery = z.infer<typeof ListQuery>;

export const Warnings = z.array(z.string()).describe('warnings about a change that succeeded');
export const Script = z.string().optional().describe('with dry_run: the rules that would be applied');

export const MappingDocument = z
  .object({ mapping: MappingSchema, warnings: Warnings, script: Script })
  .meta({ id: 'MappingDocument' });
export const MappingsDocument = z
  .object({ mappings: z.array(MappingSchema), warnings: Warnings, script: Script })
  .meta({ id: 'MappingsDocument' });
export const CreatedDocument = z.union([MappingDocument, MappingsDocument]);
export const MappingListDocument = z
  .object({
    mappings: z.array(MappingSchema.partial()),
    mappings_links: z.array(Link).optional(),
    failures: z.array(ProblemDocument).describe('routers whose mappings could not be read'),
  })
  .meta({ id: 'MappingList' });
export const DeletedDocument = z
  .object({
    mappings: z.array(MappingSchema),
    warnings: Warnings,
    script: Script,
    failures: z.array(ProblemDocument).describe('routers whose mappings were not deleted, with the reasons'),
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
