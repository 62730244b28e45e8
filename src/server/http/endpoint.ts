/**
 * One operation of the API, described once: the routes, the checks of what comes in and /openapi.json are all made of this,
 * so they cannot differ.
 */
import * as z from 'zod';
import type { Requester } from '../../core/identity/requester.ts';

/** A request whose requester is known and whose parts have been parsed. */
export interface Asked<Q, B> {
  readonly requester: Requester;
  /** What stands for `{id}` in the path; empty where there is none. */
  readonly id: string;
  readonly query: Q;
  readonly body: B;
  readonly ifMatch: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** Where this API is for the caller, such as `https://node:3000`. */
  readonly baseUrl: string;
  /** Path and query as they came. */
  readonly url: string;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON; nothing when left out. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** What its ETag stands for; left out: it has none. */
  readonly etag?: string;
}

export interface EndpointSpec<Q, B> {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/mappings/{id}`. */
  readonly path: string;
  /** OpenAPI's operationId. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  /** One of the tags of its API. */
  readonly tag: string;
  /** One of the actions of its API, which the policy has to allow. */
  readonly action: string;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** The request headers that mean something here. */
  readonly headers?: readonly ('If-Match' | 'Idempotency-Key')[];
  /** By status, without the errors, which are the same everywhere. */
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  readonly handle: (asked: Asked<Q, B>) => Promise<Answer>;
}

/** An operation whose types have been checked where it was written. */
export type Endpoint = EndpointSpec<unknown, unknown>;

/** For operations that take nothing in the query string: what is there is refused. */
export const NO_QUERY = z.strictObject({});

/** Checks an operation's types against one another, and forgets them. */
export function endpoint<Q = undefined, B = undefined>(spec: EndpointSpec<Q, B>): Endpoint {
  return spec as unknown as Endpoint;
}

/** The same path as express writes it: `/v1/mappings/:id`. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
