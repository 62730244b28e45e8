/** A client of the API: sends JSON, and gives a parsed body or throws an error of the catalogue. */
import type * as z from 'zod';
import { badResponse, responseError } from './errors.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** By which the PAT agent recognizes a repeated request. */
  readonly idempotencyKey?: string;
}

/** Carries requests to a PAT agent. */
export interface ApiTransport {
  /** The URL or the path of the socket, for people. */
  readonly name: string;
  /** Throws DAEMON_UNREACHABLE, DAEMON_BAD_RESPONSE, INTERRUPTED. */
  send(request: ApiRequest): Promise<{ readonly status: number; readonly text: string }>;
  /** Closes the connections. */
  close(): Promise<void>;
}

export class ApiClient {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  /** The URL or the path of the socket, for people. */
  get name(): string {
    return this.#transport.name;
  }

  /** Gives the body as the schema parses it. Throws the error of an error response, DAEMON_BAD_RESPONSE, and as ApiTransport. */
  async request<T>(schema: z.ZodType<T>, request: ApiRequest): Promise<T> {
    const { status, text } = await this.#transport.send(request);
    const body = parseJson(text);
    if (status < 200 || status >= 300) throw responseError(status, body, this.name);
    const { data, error } = schema.safeParse(body);
    if (error === undefined) return data;
    const [issue] = error.issues;
    const where = issue?.path.join('.') || 'the top level';
    const what = `the response to ${request.method} ${request.path}`;
    throw badResponse(this.name, `${what} is invalid at ${where}: ${issue?.message}`);
  }
}

/** Undefined for text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
