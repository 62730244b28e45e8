/** The error responses of operations, for /openapi.json. The statuses themselves are decided in problem.ts. */
import type { oas31, ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import type { Endpoint } from './endpoint.ts';
import { ErrorsDocument } from './schemas.ts';

export const REQUEST_ID = {
  description: 'ID of the request, also in the log of the daemon.',
  schema: { type: 'string' as const },
};

const problem = (id: string, description: string, headers: oas31.HeadersObject = {}): ZodOpenApiResponseObject => ({
  id,
  description,
  headers: { 'X-Openstack-Request-Id': REQUEST_ID, ...headers },
  content: { 'application/json': { schema: ErrorsDocument } },
});

/** Statuses of errors, with the operations that can end with them. */
const ERRORS: readonly (readonly [number, ZodOpenApiResponseObject, (endpoint: Endpoint) => boolean])[] = [
  [400, problem('BadRequest', 'The request is invalid; `detail` names the field and the allowed values.'), always],
  [
    401,
    problem('Unauthenticated', 'The token is missing, invalid or expired.', {
      'WWW-Authenticate': { description: 'Name of the header for the token.', schema: { type: 'string' } },
    }),
    always,
  ],
  [403, problem('Forbidden', 'The policy does not allow the action for this requester.'), always],
  [404, problem('NotFound', 'The resource does not exist, or is not visible to this requester.'), namesResource],
  [
    409,
    problem('Conflict', 'The request conflicts with the current state; `code` and `facts` say why.'),
    namesResource,
  ],
  [412, problem('PreconditionFailed', 'The resource has changed since its ETag was read.'), uses('If-Match')],
  [413, problem('TooLarge', 'The body is larger than 1 MiB.'), ({ body }) => body !== undefined],
  [422, problem('KeyReused', 'The Idempotency-Key was used for another request.'), uses('Idempotency-Key')],
  [
    429,
    problem(
      'TooManyRequests',
      'Too many requests, or too many with an invalid token, came from this caller or address.',
      {
        'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } },
      },
    ),
    always,
  ],
  [500, problem('Failed', 'Internal error, or a failure of a program on the node.'), always],
  [
    503,
    problem(
      'Unavailable',
      'Temporarily unavailable; repeat the request later. Nothing has changed unless `detail` says so.',
    ),
    always,
  ],
];

/** The error responses of an operation, by status. */
export function errorsOf(endpoint: Endpoint): ZodOpenApiResponsesObject {
  const possible = ERRORS.filter(([, , applies]) => applies(endpoint));
  return Object.fromEntries(possible.map(([status, response]) => [status, response]));
}

function always(): boolean {
  return true;
}

function namesResource({ path, body }: Endpoint): boolean {
  return path.includes('{id}') || body !== undefined;
}

function uses(header: NonNullable<Endpoint['headers']>[number]): (endpoint: Endpoint) => boolean {
  return ({ headers = [] }) => headers.includes(header);
}
