/**
 * /openapi.json: what the API is, for programs. It is made of the very endpoints and schemas that answer and check
 * requests, so it cannot say anything else than what happens. Pure.
 */
import * as z from 'zod';
import {
  type CreateDocumentOptions,
  createDocument,
  type oas31,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { type Action, DEFAULT_POLICY, LEVELS } from '../../core/identity/policy.ts';
import { isCidr, isIpv4 } from '../../core/values/ipv4.ts';
import {
  CreatedDocument,
  HealthDocument,
  MappingDocument,
  ReadinessDocument,
  VersionsDocument,
} from '../pat/schemas.ts';
import type { Endpoint, ResponseSpec } from './endpoint.ts';
import { errorsOf, REQUEST_ID } from './error-responses.ts';

export type Document = ReturnType<typeof createDocument>;

export interface About {
  /** Of praas. */
  readonly version: string;
  /** Where the API is; left out: where the document came from. */
  readonly url?: string;
}

const JSON_TYPE = 'application/json';

/** Takes all operations, gives the document with them and the pages that need no token. */
export function document(endpoints: readonly Endpoint[], { version, url = '/' }: About): Document {
  const paths: ZodOpenApiPathsObject = { ...OPEN_PATHS };
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint) };
  }
  const license = { name: 'Apache-2.0', identifier: 'Apache-2.0' };
  return createDocument(
    {
      openapi: '3.1.1',
      info: { title: 'PRaaS', summary: SUMMARY, description: INTRODUCTION, license, version },
      servers: [{ url }],
      security: [{ token: [] }],
      tags: TAGS,
      paths,
      components: { securitySchemes: { token: TOKEN } },
    },
    { override: sharpen },
  );
}

const SUMMARY = "Publishes ports of servers on their OpenStack router's own gateway address.";

const INTRODUCTION = [
  'Everything under /v1 needs a token in the header `X-Auth-Token`. A token has a role, in one project or in ' +
    'all: a reader looks, a member publishes, an admin may choose any port and address, and an operator (an admin of all ' +
    'projects) does everything; the policy of the node can change that. What belongs to another project is not there (404).',
  'Every answer has a request ID in `X-Openstack-Request-Id`; the log of the PAT agent has it in each line about the ' +
    'request. Errors have a `code` for programs, a `detail` for people, and `next_steps`.',
  'A long list comes in pages: with `limit`, `mappings_links` says where the next page is, as long as there is one.',
  'A POST with an `Idempotency-Key` may be sent again when its answer got lost: nothing is published twice. A change ' +
    'with `If-Match` and the ETag that was read is refused when somebody else was faster.',
  'Bodies are JSON of at most 1 MiB, times are RFC 3339 in UTC. A field or parameter that is not described here is ' +
    'refused, not ignored.',
].join('\n\n');

const TAGS = [
  {
    name: 'mappings',
    description: 'Published ports: a port on the gateway address of a router that leads to a server.',
  },
  {
    name: 'routers',
    description: 'The routers of this node: their addresses, their ports, and whether all is as it should be.',
  },
  { name: 'quotas', description: 'How many mappings a project may have, and how many it has.' },
  { name: 'events', description: 'What happened to mappings, and what the monitor agent finds of them.' },
  { name: 'agent', description: 'About the PAT agent itself. These need no token.' },
];

const TOKEN: oas31.SecuritySchemeObject = {
  type: 'apiKey',
  in: 'header',
  name: 'X-Auth-Token',
  description: 'Made by the operator of the node with `praas token create`.',
};

const ETAG = {
  description:
    'The state of the mapping, for If-Match. Changes when somebody changes the mapping, not with its status.',
  schema: { type: 'string' as const },
};

const IDS: Readonly<Record<Endpoint['tag'], string>> = {
  mappings: 'ID of the mapping, or an unambiguous beginning of it',
  routers: 'UUID of the router, its name in OpenStack, or the name of its network namespace',
  servers: 'UUID of the server',
  quotas: 'ID of the project',
  events: 'ID of the event',
};

const HEADERS = {
  'If-Match': z
    .string()
    .optional()
    .describe('ETag of the mapping as it was read; refused with 412 when it has changed'),
  'Idempotency-Key': z
    .string()
    .optional()
    .describe('any text that this caller uses for no other request, such as a UUID; kept for a day'),
};

function operationOf(endpoint: Endpoint): ZodOpenApiOperationObject {
  const { name, summary, description, tag, action, query, body, headers = [] } = endpoint;
  const header = Object.fromEntries(headers.map((each) => [each, HEADERS[each]]));
  return {
    operationId: name,
    summary,
    description: [description, whoMay(action)].filter((text) => text !== undefined).join('\n\n'),
    tags: [tag],
    requestParams: {
      ...(endpoint.path.includes('{id}') && { path: z.object({ id: z.string().describe(IDS[tag]) }) }),
      ...(query && { query: query as z.ZodObject }),
      ...(headers.length > 0 && { header: z.object(header) }),
    },
    ...(body && { requestBody: { required: true, content: { [JSON_TYPE]: { schema: body } } } }),
    responses: { ...successesOf(endpoint), ...errorsOf(endpoint) },
  };
}

function whoMay(action: Action): string {
  return `Action \`${action}\`, by default for: ${LEVELS.slice(LEVELS.indexOf(DEFAULT_POLICY.level(action)), -1).join(', ')}.`;
}

function successesOf({ responses }: Endpoint): ZodOpenApiResponsesObject {
  return Object.fromEntries(Object.entries(responses).map(([status, spec]) => [status, responseOf(spec)]));
}

function responseOf({ description, schema }: ResponseSpec): ZodOpenApiResponseObject {
  const has_etag = schema === MappingDocument || schema === CreatedDocument;
  return {
    description,
    headers: { 'X-Openstack-Request-Id': REQUEST_ID, ...(has_etag && { ETag: ETAG }) },
    ...(schema && { content: { [JSON_TYPE]: { schema } } }),
  };
}

const open = (
  operationId: string,
  summary: string,
  responses: Readonly<Record<number, ResponseSpec>>,
): ZodOpenApiOperationObject => ({
  operationId,
  summary,
  tags: ['agent'],
  security: [],
  responses: Object.fromEntries(Object.entries(responses).map(([status, spec]) => [status, responseOf(spec)])),
});

const OPEN_PATHS: ZodOpenApiPathsObject = {
  '/': {
    get: open('listVersions', 'Which versions of the API there are', {
      200: { description: 'The one that there is.', schema: VersionsDocument },
    }),
  },
  '/healthz': {
    get: open('showHealth', 'Whether the PAT agent is alive', {
      200: { description: 'It is.', schema: HealthDocument },
    }),
  },
  '/readyz': {
    get: open('showReadiness', 'Whether the PAT agent can do its work', {
      200: { description: 'It can.', schema: ReadinessDocument },
      503: { description: 'It cannot, and why.', schema: ReadinessDocument },
    }),
  },
  '/metrics': {
    get: {
      ...open('showMetrics', "Counters and gauges, in Prometheus' form", {}),
      responses: {
        200: {
          ...responseOf({ description: 'The metrics.' }),
          content: { 'text/plain': { schema: { type: 'string' } } },
        },
      },
    },
  },
};

const A_NETWORK = 'an IPv4 address, or a network such as 198.51.100.0/24';

/** What our own checks mean in JSON Schema, and without the bounds that every number has. */
const sharpen: NonNullable<CreateDocumentOptions['override']> = ({ zodSchema, jsonSchema }) => {
  const checks = ((zodSchema as unknown as z.ZodType).def.checks ?? []) as readonly {
    readonly def?: { readonly fn?: unknown };
  }[];
  if (checks.some(({ def }) => def?.fn === isIpv4)) jsonSchema.format = 'ipv4';
  if (checks.some(({ def }) => def?.fn === isCidr)) jsonSchema.description = A_NETWORK;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};
