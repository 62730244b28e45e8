/**
 * The session of one account: a token that is renewed before it ends and when a service no longer takes it, and the
 * addresses of the services from Keystone's catalogue. Whoever asks while it logs in waits for the same login. The token
 * never leaves this room but in the header of a request.
 */
import type * as z from 'zod';
import type { Clock } from '../core/clock.ts';
import { isPraasError, praasError } from '../core/errors/errors.ts';
import type { HttpResponse } from '../system/http/exchange.ts';
import { isSuccess, isThere, readAnswer, refusal } from './answers.ts';
import type { CloudConfig } from './clouds/cloud-config.ts';
import { type Catalogue, endpointOf, loginBody, secretsOf, TokenAnswer } from './login.ts';
import type { ServiceClient, ServiceRequest } from './service-client.ts';

export interface SessionParts {
  readonly config: CloudConfig;
  readonly http: ServiceClient;
  readonly clock: Clock;
}

export type Service = 'identity' | 'network' | 'compute';

export interface Question {
  readonly method?: ServiceRequest['method'];
  /** Behind the service's address and version: `/ports`. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Login {
  readonly token: string;
  readonly catalogue: Catalogue;
  readonly renewAtMs: number;
  readonly endsMs: number;
}

/** A token is renewed when so much of its life is over, so that no request ends with one that has just run out. */
const USED_SHARE = 0.8;
/** How long a token that still lives is used before Keystone, which was away, is asked again. */
const AWAY_MS = 10_000;
/** What a service's address ends with when the catalogue has it without a version. */
const VERSIONS: Readonly<Record<Service, string>> = { identity: '/v3', network: '/v2.0', compute: '/v2.1' };
const UNAUTHORIZED = 401;

export class Session {
  readonly #parts: SessionParts;
  #login: Promise<Login> | undefined;
  #known: Login | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** A token that is good for a while. Throws CLOUD_LOGIN_FAILED, CLOUD_UNAVAILABLE, CLOUD_BAD_RESPONSE. */
  async token(): Promise<string> {
    try {
      return (await this.#loggedIn()).token;
    } catch (error) {
      if (!isPraasError(error, 'CLOUD_REFUSED')) throw error;
      const { auth_url } = this.#parts.config.auth;
      throw praasError('CLOUD_LOGIN_FAILED', { url: auth_url, reason: String(error.facts['reason']) }, error);
    }
  }

  /**
   * Asks a service, and gives what it answers as the schema reads it; undefined for 404.
   * Throws CLOUD_UNAVAILABLE, CLOUD_BAD_RESPONSE, and CLOUD_REFUSED also when Keystone does not let this account in: whoever
   * has the daemon ask has not given a wrong password.
   */
  async ask<T>(service: Service, question: Question, schema: z.ZodType<T>): Promise<T | undefined> {
    const reply = await this.send(service, question);
    return isThere(reply, service) ? readAnswer(schema, reply, service) : undefined;
  }

  /** The same, with the answer as it came. A 401 is answered with a new token, once. */
  async send(service: Service, question: Question): Promise<HttpResponse> {
    const first = await this.#loggedIn();
    const reply = await this.#send(first, service, question);
    if (reply.status !== UNAUTHORIZED) return reply;
    if (this.#known?.token === first.token) this.#known = undefined;
    return this.#send(await this.#loggedIn(), service, question);
  }

  close(): void {
    this.#parts.http.close();
  }

  #send({ token, catalogue }: Login, service: Service, question: Question): Promise<HttpResponse> {
    const { method = 'GET', path, query, body, headers } = question;
    const url = new URL(`${this.#addressOf(service, catalogue)}${path}`);
    if (query !== undefined) url.search = query.toString();
    return this.#parts.http.send({ method, url, service, body, headers: { 'X-Auth-Token': token, ...headers } });
  }

  #addressOf(service: Service, catalogue: Catalogue): string {
    const { config } = this.#parts;
    const found = service === 'identity' ? keystoneOf(config) : endpointOf(catalogue, service, config);
    if (found === undefined) {
      const where = config.region_name === undefined ? '' : ` in region ${config.region_name}`;
      const reason = `the catalogue has no ${config.interface} endpoint of it${where}`;
      throw praasError('CLOUD_BAD_RESPONSE', { service, reason });
    }
    return /\/v\d[\d.]*(\/|$)/.test(new URL(found).pathname) ? found : `${found}${VERSIONS[service]}`;
  }

  async #loggedIn(): Promise<Login> {
    const now = this.#parts.clock.now().getTime();
    if (this.#known !== undefined && now < this.#known.renewAtMs) return this.#known;
    this.#login ??= this.#renew().finally(() => {
      this.#login = undefined;
    });
    // A token that still lives has not to wait for the next one.
    if (this.#known === undefined || now >= this.#known.endsMs) return this.#login;
    this.#login.catch(() => undefined);
    return this.#known;
  }

  /** Keystone away is no reason to stop with a token that still lives. */
  async #renew(): Promise<Login> {
    const login = await this.#logIn().catch((error: unknown): Login => {
      const now = this.#parts.clock.now().getTime();
      if (!isPraasError(error, 'CLOUD_UNAVAILABLE') || this.#known === undefined || now >= this.#known.endsMs)
        throw error;
      return { ...this.#known, renewAtMs: now + AWAY_MS };
    });
    this.#known = login;
    return login;
  }

  async #logIn(): Promise<Login> {
    const { config, http, clock } = this.#parts;
    const url = new URL(`${keystoneOf(config)}/auth/tokens`);
    const askedMs = clock.now().getTime();
    const reply = await http.send({ method: 'POST', url, headers: {}, body: loginBody(config), service: 'identity' });
    if (!isSuccess(reply)) throw refusal(reply, 'identity', secretsOf(config));
    const { token: answer } = readAnswer(TokenAnswer, reply, 'identity');
    const token = reply.headers['x-subject-token'];
    const endsMs = Date.parse(answer.expires_at);
    if (typeof token !== 'string' || Number.isNaN(endsMs))
      throw praasError('CLOUD_BAD_RESPONSE', { service: 'identity', reason: 'there is no token in its answer' });
    const renewAtMs = askedMs + (endsMs - askedMs) * USED_SHARE;
    return { token, catalogue: answer.catalog, renewAtMs, endsMs };
  }
}

/** Keystone's address, with its version and without a slash at its end. */
function keystoneOf({ auth: { auth_url } }: CloudConfig): string {
  const plain = auth_url.replace(/\/+$/, '');
  return plain.endsWith('/v3') ? plain : `${plain}${VERSIONS.identity}`;
}
