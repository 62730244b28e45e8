/** What goes over the wire, as schemas: they check requests, and /openapi.json is made of them. */
import * as z from 'zod';
import { Ipv4, Port } from '../../core/values/schemas.ts';
import { Mapping, MappingPatch, Protocol, RouterId, Status } from '../../pat/mapping/mapping.ts';
import { MappingRequest } from '../../pat/mapping/request.ts';
import { Link, Problem } from '../http/schemas.ts';
import { explained } from './descriptions.ts';

/** So many mappings in one request at most. */
export const MOST_CREATED = 1000;
export const MOST_DELETED = 10_000;
export const MOST_LISTED = 10_000;

export const Count = z.int().min(0);

export const Counters = z
  .strictObject({
    packets: Count.describe('packets that the rules saw: the first one of each connection'),
    bytes: Count.describe('bytes of those packets'),
    last_hit_at: z.string().nullable().describe('when somebody last came; null: not since the daemon watches'),
  })
  .meta({ id: 'Counters' });

/** In answers nothing is transformed any more, and OpenAPI has no word for a transformation. */
export const MappingAnswer = z
  .object({
    ...explained({ ...Mapping.shape, allowed_cidrs: z.array(z.string()) }),
    counters: Counters.nullable().describe('what its rules have seen; null: nothing is known yet'),
  })
  .meta({ id: 'Mapping' });

export const NewMappingBody = z.strictObject(explained(MappingRequest.shape)).meta({ id: 'NewMapping' });
export const MappingPatchBody = z
  .strictObject(explained(MappingPatch.shape))
  .meta({ id: 'MappingPatch', minProperties: 1 });

const EXAMPLE = { router_id: '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11', server_ip: '10.20.0.51', server_port: 22 };

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
  })
  .meta({ minProperties: 1, maxProperties: 1, override: { examples: [{ mapping: EXAMPLE }] } });
export type CreateBody = z.infer<typeof CreateBody>;
export const UpdateBody = z
  .strictObject({ mapping: MappingPatchBody })
  .meta({ override: { examples: [{ mapping: { router_port: 4050, allowed_cidrs: ['198.51.100.0/24'] } }] } });
export type UpdateBody = z.infer<typeof UpdateBody>;
export const DeleteBody = z
  .strictObject({
    ids: z
      .array(z.string('an ID').min(1, 'an ID').max(64, 'an ID'), 'a list of IDs')
      .min(1, 'one ID or more')
      .max(MOST_DELETED, `at most ${MOST_DELETED} IDs`)
      .describe('IDs of mappings, or unambiguous beginnings of IDs'),
  })

  .meta({ override: { examples: [{ ids: ['7c9e6679-7425-40de-944b-e07fc1f90ae7', '9b2e0a52'] }] } });
export type DeleteBody = z.infer<typeof DeleteBody>;

/** Query strings have no booleans. */
const Flag = z.enum(['true', 'false'], 'true or false');

export const ChangeQuery = z.strictObject({
  dry_run: Flag.optional().describe('decide and show, change nothing'),
  force: Flag.optional().describe('pass the checks that may be wrong about this router; for operators'),
});
export type ChangeQuery = z.infer<typeof ChangeQuery>;

/** They have no numbers either. What does not read as one stays text, and is refused as such. */
const Numeral = <T extends z.ZodType>(schema: T) =>
  z.preprocess((text) => (typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : text), schema);
const QueryPort = Numeral(Port);
/** Given once or several times. */
const Several = <T extends z.ZodType>(schema: T) =>
  z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(schema));
const A_PAGE = `a whole number from 1 to ${MOST_LISTED}`;

const FIELD_NAMES = Object.keys(MappingAnswer.shape) as (keyof typeof MappingAnswer.shape)[];
const UNSORTED: readonly string[] = ['counters', 'allowed_cidrs', 'security_group_rule_ids', 'suspension'];
export const SORT_KEYS = FIELD_NAMES.filter((name) => !UNSORTED.includes(name));

export const ListQuery = z.strictObject({
  router_id: RouterId.optional().describe('only mappings of this router'),
  project_id: z.string('a project ID').max(255, 'a project ID').optional().describe('only mappings of this project'),
  protocol: Protocol.optional().describe('only mappings of this protocol'),
  router_port: QueryPort.optional().describe('only mappings on this port of a gateway address'),
  gateway_ip: Ipv4.optional().describe('only mappings on this gateway address'),
  server_ip: Ipv4.optional().describe('only mappings to this server'),
  server_port: QueryPort.optional().describe('only mappings to this port of a server'),
  related_to: Several(z.string('an ID').min(1, 'an ID').max(255, 'an ID'))
    .optional()
    .describe(
      'only mappings that have to do with this ID: their own, or of their router, port, server or project; repeatable',
    ),
  name: z.string('a name').max(255, 'a name').optional().describe('only mappings with exactly this name'),
  status: Status.optional().describe('only mappings with this status'),
  enabled: Flag.optional().describe('only mappings that are enabled, or only those that are not'),
  limit: Numeral(z.int(A_PAGE).min(1, A_PAGE).max(MOST_LISTED, A_PAGE))
    .optional()
    .describe('so many at most; default: all'),
  marker: z.string('an ID').max(64, 'an ID').optional().describe('ID of the last mapping of the page before'),
  sort_key: Several(z.enum(SORT_KEYS as [string, ...string[]], 'a field of a mapping'))
    .optional()
    .describe('sort by this field; repeat it for several'),
  sort_dir: Several(z.enum(['asc', 'desc'], 'asc or desc'))
    .optional()
    .describe('direction for the sort_key in the same place; default: asc'),
  fields: Several(z.enum(FIELD_NAMES as [string, ...string[]], 'a field of a mapping'))
    .optional()
    .describe('only these fields of each mapping; repeat it for several'),
});
export type ListQuery = z.infer<typeof ListQuery>;

export const Warnings = z.array(z.string()).describe('what an operator should know although it worked');
export const Script = z.string().optional().describe('with dry_run: what would be handed to the kernel');

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
