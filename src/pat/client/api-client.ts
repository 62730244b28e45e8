/** A daemon that is asked questions: JSON goes out, a checked value or an error of the catalogue comes back. */
import type * as z from 'zod';
import { parseJson } from '../../core/values/json.ts';
import { badResponse, refusal } from './errors.ts';

/** One request to a daemon. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** By which the daemon knows a repetition. */
  readonly idempotencyKey?: string;
}

/** What carries requests to a daemon. */
export interface Sender {
  /** Where the daemon is, as people write it. */
  readonly name: string;
  /** Throws DAEMON_UNREACHABLE, DAEMON_BAD_RESPONSE, INTERRUPTED. */
  send(request: ApiRequest): Promise<{ readonly status: number; readonly text: string }>;
  /** Closes the connections. */
  close(): Promise<void>;
}

export class ApiClient {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Where it is, for people. */
  get name(): string {
    return this.#sender.name;
  }

  /** Gives the answer as the schema reads it. Throws what the daemon refuses with, DAEMON_BAD_RESPONSE, as Sender. */
  async ask<T>(answer: z.ZodType<T>, request: ApiRequest): Promise<T> {
    const { status, text } = await this.#sender.send(request);
    const body = parseJson(text);
    if (status < 200 || status >= 300) throw refusal(status, body, this.name);
    const { data, error } = answer.safeParse(body);
    if (error === undefined) return data;
    const [issue] = error.issues;
    const where = issue?.path.join('.') || 'the whole of it';
    throw badResponse(
      this.name,
      `the answer to ${request.method} ${request.path} is wrong in ${where}: ${issue?.message}`,
    );
  }
}
