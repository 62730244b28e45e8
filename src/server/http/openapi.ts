/**
 * /openapi.json: the API described for programs. It is made of the same endpoints and schemas that handle and validate
 * requests, so it cannot differ from them. Pure.
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
import { A_NETWORK } from '../../core/values/schemas.ts';
import type { Api, Tag } from './api.ts';
import { type Endpoint, HEADERS, type ResponseSpec } from './endpoint.ts';
import { errorsOf, REQUEST_ID } from './error-responses.ts';
import { HealthDocument, ReadinessDocument, VersionsDocument } from './schemas.ts';

export type Document = ReturnType<typeof createDocument>;

interface DocumentOptions {
  /** The version of praas. */
  readonly version: string;
  /** The URL of the API; left out for the URL from which the document was loaded. */
  readonly url?: string;
}

const JSON_TYPE = 'application/json';

/** Takes the APIs, gives the document with all their operations and the public pages. */
export function openApiDocument(apis: readonly Api[], { version, url = '/' }: DocumentOptions): Document {
  const paths: ZodOpenApiPathsObject = { ...PUBLIC_PATHS };
  for (const api of apis) {
    for (const endpoint of api.endpoints) {
      paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint, api) };
    }
  }
  const tags = [...apis.flatMap((api) => api.tags), DAEMON_TAG].map(({ name, description }) => ({ name, description }));
  const description = [...INTRODUCTION, ...apis.flatMap(({ introduction = [] }) => introduction)].join('\n\n');
  const summary = apis.map((api) => api.summary).join(' ');
  const license = { name: 'Apache-2.0', identifier: 'Apache-2.0' };
  return createDocument(
    {
      openapi: '3.1.1',
      info: { title: 'PRaaS', summary, description, license, version },
      servers: [{ url }],
      security: [{ token: [] }],
      tags,
      paths,
      components: { securitySchemes: { token: TOKEN } },
    },
    { override: refineSchema },
  );
}

const INTRODUCTION = [
  'Every request under /v1 requires a token in the header `X-Auth-Token`. A token has a role, in one project or in all ' +
    'projects; the policy of the node defines what each role may do. Resources of other projects do not exist for a ' +
    'requester of one project (404).',
  'Every response has a request ID in `X-Openstack-Request-Id`; each line about the request in the log of the daemon has the ' +
    'same ID. Errors have a `code` and `facts` for programs, and a `detail` and `next_steps` for people.',
  'Bodies are JSON of at most 1 MiB. Times are RFC 3339 in UTC. Unknown fields and parameters are refused.',
];

const DAEMON_TAG: Tag = {
  name: 'daemon',
  description: 'Versions, health and metrics of the daemon. No token is required.',
};

const TOKEN: oas31.SecuritySchemeObject = {
  type: 'apiKey',
  in: 'header',
  name: 'X-Auth-Token',
  description: 'A token of `praas token create`, or a Keystone token on a node with OpenStack.',
};

function operationOf(endpoint: Endpoint, { tags, actions }: Api): ZodOpenApiOperationObject {
  const meaning = tags.find(({ name: each }) => each === endpoint.tag)?.id ?? 'ID';
  const { name, summary, description, tag, action, id, query, body, headers = [] } = endpoint;
  const header = Object.fromEntries(headers.map((each) => [each, HEADERS[each]]));
  return {
    operationId: name,
    summary,
    description: [description, requiredLevel(action, actions)].filter((text) => text !== undefined).join('\n\n'),
    tags: [tag],
    requestParams: {
      ...(id && { path: z.object({ id: id.describe(meaning) }) }),
      ...(query && { query: query as z.ZodObject }),
      ...(headers.length > 0 && { header: z.object(header) }),
    },
    ...(body && { requestBody: { required: true, content: { [JSON_TYPE]: { schema: body } } } }),
    responses: { ...successesOf(endpoint), ...errorsOf(endpoint) },
  };
}

function requiredLevel(action: string, actions: Actions): string {
  const level = actions[action]?.level ?? 'none';
  return `Action \`${action}\`, by default allowed for: ${LEVELS.slice(LEVELS.indexOf(level), -1).join(', ')}.`;
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

const publicOperation = (
  operationId: string,
  summary: string,
  responses: Readonly<Record<number, ResponseSpec>>,
): ZodOpenApiOperationObject => ({
  operationId,
  summary,
  tags: [DAEMON_TAG.name],
  security: [],
  responses: Object.fromEntries(Object.entries(responses).map(([status, spec]) => [status, responseOf(spec)])),
});

const PUBLIC_PATHS: ZodOpenApiPathsObject = {
  '/': {
    get: publicOperation('listVersions', 'List the versions of the API', {
      200: { description: 'The only version.', schema: VersionsDocument },
    }),
  },
  '/healthz': {
    get: publicOperation('showHealth', 'Show whether the daemon is alive', {
      200: { description: 'Alive.', schema: HealthDocument },
    }),
  },
  '/readyz': {
    get: publicOperation('showReadiness', 'Show whether the daemon is ready', {
      200: { description: 'Ready.', schema: ReadinessDocument },
      503: { description: 'Not ready, with the reasons.', schema: ReadinessDocument },
    }),
  },
  '/metrics': {
    get: {
      ...publicOperation('showMetrics', 'Show the metrics for Prometheus', {}),
      responses: {
        200: {
          ...responseOf({ description: 'The metrics.' }),
          content: { 'text/plain': { schema: { type: 'string' } } },
        },
      },
    },
  },
};

/** Translates the checks of core/values into JSON Schema, and leaves out the bounds that every number has. */
const refineSchema: NonNullable<CreateDocumentOptions['override']> = ({ zodSchema, jsonSchema }) => {
  const checks = ((zodSchema as unknown as z.ZodType).def.checks ?? []) as readonly {
    readonly def?: { readonly fn?: unknown };
  }[];
  if (checks.some(({ def }) => def?.fn === isIpv4)) jsonSchema.format = 'ipv4';
  if (checks.some(({ def }) => def?.fn === isCidr)) jsonSchema.description = A_NETWORK;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};
