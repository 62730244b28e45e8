/** How operations can fail, for /openapi.json. The statuses themselves are decided in problem.ts. */
import type { oas31, ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import type { Endpoint } from './endpoint.ts';
import { Errors } from './schemas.ts';

export const REQUEST_ID = {
  description: 'By this ID the log of the PAT agent knows the request.',
  schema: { type: 'string' as const },
};

const problem = (id: string, description: string, headers: oas31.HeadersObject = {}): ZodOpenApiResponseObject => ({
  id,
  description,
  headers: { 'X-Openstack-Request-Id': REQUEST_ID, ...headers },
  content: { 'application/json': { schema: Errors } },
});

/** Statuses of errors, and which operations can end so. */
const ERRORS: readonly (readonly [number, ZodOpenApiResponseObject, (endpoint: Endpoint) => boolean])[] = [
  [
    400,
    problem('BadRequest', 'Something in the request is not as described here; `detail` says what and where.'),
    always,
  ],
  [
    401,
    problem('Unauthenticated', 'No token, or one that is not valid (any more).', {
      'WWW-Authenticate': { description: 'The header that has to have the token.', schema: { type: 'string' } },
    }),
    always,
  ],
  [403, problem('Forbidden', 'The policy does not let the caller do it.'), always],
  [404, problem('NotFound', 'No such resource, or not for this caller.'), isAboutOne],
  [409, problem('Conflict', 'It cannot be as things are now; `code` and `detail` say what is in the way.'), isAboutOne],
  [412, problem('PreconditionFailed', 'The resource has changed since it was read.'), takes('If-Match')],
  [413, problem('TooLarge', 'The body has more than 1 MiB.'), ({ body }) => body !== undefined],
  [422, problem('KeyReused', 'The Idempotency-Key was used for another request.'), takes('Idempotency-Key')],
  [
    429,
    problem('TooManyFailures', 'Too many requests with wrong tokens came from this address.', {
      'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } },
    }),
    always,
  ],
  [500, problem('Failed', 'A tool or the PAT agent itself failed; its log has the request ID.'), always],
  [503, problem('Unavailable', 'Not possible at the moment. Nothing has changed; try again.'), always],
];

/** The failures that are possible for an operation, by status. */
export function errorsOf(endpoint: Endpoint): ZodOpenApiResponsesObject {
  const possible = ERRORS.filter(([, , applies]) => applies(endpoint));
  return Object.fromEntries(possible.map(([status, response]) => [status, response]));
}

function always(): boolean {
  return true;
}

function isAboutOne({ path, body }: Endpoint): boolean {
  return path.includes('{id}') || body !== undefined;
}

function takes(header: NonNullable<Endpoint['headers']>[number]): (endpoint: Endpoint) => boolean {
  return ({ headers = [] }) => headers.includes(header);
}
