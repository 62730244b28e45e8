/** A daemon that is asked questions: JSON goes out, a checked value or an error of the catalogue comes back. */
import type * as z from 'zod';
import { misunderstood, refusal } from './errors.ts';
import type { Ask, HttpClient } from './http-client.ts';

export class Daemon {
  readonly #client: HttpClient;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  /** Where it is, for people. */
  get name(): string {
    return this.#client.name;
  }

  /** Gives the answer as the schema reads it. Throws what the daemon refuses with, DAEMON_MISUNDERSTOOD, as HttpClient. */
  async ask<T>(answer: z.ZodType<T>, ask: Ask): Promise<T> {
    const { status, text } = await this.#client.send(ask);
    const body = jsonOf(text);
    if (status < 200 || status >= 300) throw refusal(status, body, this.name);
    const { data, error } = answer.safeParse(body);
    if (error === undefined) return data;
    const [issue] = error.issues;
    const where = issue?.path.join('.') || 'the whole of it';
    throw misunderstood(this.name, `the answer to ${ask.method} ${ask.path} is wrong in ${where}: ${issue?.message}`);
  }
}

/** Undefined for what is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
