/**
 * One operation of the API, described once: the routes, the validation of requests and /openapi.json are all made of this
 * description, so they cannot differ.
 */
import * as z from 'zod';
import type { Requester } from '../../core/identity/requester.ts';

const ENTITY_TAGS = 'one entity tag or several';
const A_KEY = 'from 1 to 255 printable ASCII characters';

/** The request headers that operations may use. */
export const HEADERS = {
  'If-Match': z
    .string(ENTITY_TAGS)
    .max(4096, ENTITY_TAGS)
    .optional()
    .describe('ETag of the resource as it was read; 412 when the resource has changed'),
  'Idempotency-Key': z
    .string(A_KEY)
    .regex(/^[\x20-\x7e]{1,255}$/, A_KEY)
    .optional()
    .describe('unique per request, such as a UUID; a repetition within a day does nothing twice'),
} as const;
export type HeaderName = keyof typeof HEADERS;

/** An authenticated request whose parts have been parsed. */
interface EndpointRequest<Q, B> {
  readonly requester: Requester;
  /** The value of `{id}` in the path; empty where the path has none. */
  readonly id: string;
  readonly query: Q;
  readonly body: B;
  readonly ifMatch: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** The URL of this API as the client uses it, such as `https://node:3000`. */
  readonly baseUrl: string;
  /** Path and query as they were sent. */
  readonly url: string;
}

export interface EndpointResponse {
  readonly status: number;
  /** Sent as JSON; left out for a response without a body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A response of an operation, for the document. */
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** The meaning of its ETag; left out where the response has none. */
  readonly etag?: string;
}

interface EndpointSpec<Q, B> {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/things/{id}`. */
  readonly path: string;
  /** The operationId of OpenAPI. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  /** One of the tags of its API. */
  readonly tag: string;
  /** One of the actions of its API, which the policy has to allow. */
  readonly action: string;
  /** What `{id}` may be, where the path has one. */
  readonly id?: z.ZodType<string>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** The request headers that this operation uses. */
  readonly headers?: readonly HeaderName[];
  /** Takes seconds, and has a limit of its own: other reads of the caller do not wait for it. */
  readonly isLong?: boolean;
  /** How many writes one request counts as, for the limit; one where left out, and none for `get`. One without writes is a read. */
  readonly writes?: (request: { readonly query: Q; readonly body: B }) => number;
  /** By status, without errors: error-responses.ts adds those. */
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  readonly handle: (request: EndpointRequest<Q, B>) => Promise<EndpointResponse>;
}

/** An operation whose types have been checked where it was written. */
export type Endpoint = EndpointSpec<unknown, unknown>;

/** For operations without a query string: any parameter is refused. */
export const NO_QUERY = z.strictObject({});

/** Checks the types of an operation against one another, then drops them, so that operations fit into one list. */
export function endpoint<Q = undefined, B = undefined>(spec: EndpointSpec<Q, B>): Endpoint {
  return spec as unknown as Endpoint;
}

/** The same path as express writes it: `/v1/things/:id`. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
