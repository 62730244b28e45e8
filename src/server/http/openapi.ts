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
import type { Actions } from '../../core/identity/policy.ts';
import { LEVELS } from '../../core/identity/requester.ts';
import { isCidr, isIpv4 } from '../../core/values/ipv4.ts';
import type { Api, Tag } from './api.ts';
import type { Endpoint, ResponseSpec } from './endpoint.ts';
import { errorsOf, REQUEST_ID } from './error-responses.ts';
import { HealthDocument, ReadinessDocument, VersionsDocument } from './schemas.ts';

export type Document = ReturnType<typeof createDocument>;

export interface About {
  /** Of praas. */
  readonly version: string;
  /** Where the API is; left out: where the document came from. */
  readonly url?: string;
}

const JSON_TYPE = 'application/json';

/** Takes the APIs, gives the document with all their operations and the pages that need no token. */
export function document(apis: readonly Api[], { version, url = '/' }: About): Document {
  const paths: ZodOpenApiPathsObject = { ...OPEN_PATHS };
  for (const api of apis) {
    for (const endpoint of api.endpoints) {
      paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint, api) };
    }
  }
  const tags = [...apis.flatMap((api) => api.tags), AGENT_TAG].map(({ name, description }) => ({ name, description }));
  const description = [...INTRODUCTION, ...apis.flatMap(({ introduction = [] }) => introduction)].join('\n\n');
  const license = { name: 'Apache-2.0', identifier: 'Apache-2.0' };
  return createDocument(
    {
      openapi: '3.1.1',
      info: { title: 'PRaaS', summary: SUMMARY, description, license, version },
      servers: [{ url }],
      security: [{ token: [] }],
      tags,
      paths,
      components: { securitySchemes: { token: TOKEN } },
    },
    { override: sharpen },
  );
}

const SUMMARY = "Publishes ports of servers on their OpenStack router's own gateway address.";

const INTRODUCTION = [
  'Everything under /v1 needs a token in the header `X-Auth-Token`. A token has a role, in one project or in all; the policy ' +
    'of the node says what each role may do. What belongs to another project is not there (404).',
  'Every answer has a request ID in `X-Openstack-Request-Id`; the log of the daemon has it in each line about the request. ' +
    'Errors have a `code` for programs, a `detail` for people, and `next_steps`.',
  'Bodies are JSON of at most 1 MiB, times are RFC 3339 in UTC. A field or parameter that is not described here is ' +
    'refused, not ignored.',
];

const AGENT_TAG: Tag = { name: 'agent', description: 'About the daemon itself. These need no token.' };

const TOKEN: oas31.SecuritySchemeObject = {
  type: 'apiKey',
  in: 'header',
  name: 'X-Auth-Token',
  description: 'Made by the operator of the node with `praas token create`.',
};

const HEADERS = {
  'If-Match': z
    .string()
    .optional()
    .describe('ETag of the resource as it was read; refused with 412 when it has changed'),
  'Idempotency-Key': z
    .string()
    .optional()
    .describe('any text that this caller uses for no other request, such as a UUID; kept for a day'),
};

function operationOf(endpoint: Endpoint, { tags, actions }: Api): ZodOpenApiOperationObject {
  const id = tags.find(({ name: each }) => each === endpoint.tag)?.id ?? 'ID';
  const { name, summary, description, tag, action, query, body, headers = [] } = endpoint;
  const header = Object.fromEntries(headers.map((each) => [each, HEADERS[each]]));
  return {
    operationId: name,
    summary,
    description: [description, whoMay(action, actions)].filter((text) => text !== undefined).join('\n\n'),
    tags: [tag],
    requestParams: {
      ...(endpoint.path.includes('{id}') && { path: z.object({ id: z.string().describe(id) }) }),
      ...(query && { query: query as z.ZodObject }),
      ...(headers.length > 0 && { header: z.object(header) }),
    },
    ...(body && { requestBody: { required: true, content: { [JSON_TYPE]: { schema: body } } } }),
    responses: { ...successesOf(endpoint), ...errorsOf(endpoint) },
  };
}

function whoMay(action: string, actions: Actions): string {
  const level = actions[action]?.level ?? 'nobody';
  return `Action \`${action}\`, by default for: ${LEVELS.slice(LEVELS.indexOf(level), -1).join(', ')}.`;
}

function successesOf({ responses }: Endpoint): ZodOpenApiResponsesObject {
  return Object.fromEntries(Object.entries(responses).map(([status, spec]) => [status, responseOf(spec)]));
}

function responseOf({ description, schema, etag }: ResponseSpec): ZodOpenApiResponseObject {
  return {
    description,
    headers: {
      'X-Openstack-Request-Id': REQUEST_ID,
      ...(etag !== undefined && { ETag: { description: etag, schema: { type: 'string' as const } } }),
    },
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
