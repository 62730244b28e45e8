/**
 * A client of an API of praas: sends JSON, and gives a parsed body or throws an error of its catalogue. Each product makes its remote
 * services of it; what carries the requests is given.
 */
import type * as z from 'zod';
import type { Catalogue, PraasError } from '../errors/praas-error.ts';
import { parseJson } from '../values/json.ts';
import { badResponse, type ErrorItem, errorOf, responseError } from './error-document.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Identifies a repetition to the daemon. A request with a key may be repeated when its connection breaks. */
  readonly idempotencyKey?: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly text: string;
}

/** Carries requests to a daemon. */
export interface ApiTransport {
  /** The URL or the path of the socket, for people. */
  readonly name: string;
  /** Throws DAEMON_UNREACHABLE, DAEMON_BAD_RESPONSE, INTERRUPTED. */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** Closes the connections. */
  close(): Promise<void>;
}

export class ApiClient {
  readonly #transport: ApiTransport;
  readonly #catalogue: Catalogue;

  /** `catalogue` has all errors that the daemon may answer with. */
  constructor(transport: ApiTransport, catalogue: Catalogue) {
    this.#transport = transport;
    this.#catalogue = catalogue;
  }

  /** Gives the body as the schema parses it. Throws the error of an error response, DAEMON_BAD_RESPONSE, and as ApiTransport. */
  async request<T>(schema: z.ZodType<T>, request: ApiRequest): Promise<T> {
    const { name } = this.#transport;
    const { status, text } = await this.#transport.send(request);
    const body = parseJson(text);
    if (status < 200 || status >= 300) throw responseError(status, body, { url: name, catalogue: this.#catalogue });
    const { data, error } = schema.safeParse(body);
    if (error === undefined) return data;
    const [issue] = error.issues;
    const where = issue?.path.join('.') || 'the top level';
    const what = `the response to ${request.method} ${request.path}`;
    throw badResponse(name, `${what} is invalid at ${where}: ${issue?.message}`);
  }

  /** Gives an error that is part of a response as the service threw it; DAEMON_BAD_RESPONSE for an unknown code. */
  errorOf(item: ErrorItem): PraasError {
    return errorOf(item, { url: this.#transport.name, catalogue: this.#catalogue });
  }
}
