/**
 * The session of one account: a token that is renewed before it expires and after a service rejects it, and the URLs of the
 * services from Keystone's catalog. Concurrent requests share one login. The token leaves this room only in the header of a
 * request.
 */
import type * as z from 'zod';
import type { Clock, SteadyClock } from '../core/clock.ts';
import { isPraasError, praasError } from '../core/errors/errors.ts';
import { masked } from '../core/values/masked.ts';
import type { HttpResponse } from '../system/http/exchange.ts';
import type { CloudConfig, ServiceType } from './clouds/cloud-config.ts';
import { endpointOf, loginBody, type ServiceCatalog, secretsOf, TokenResponse } from './login.ts';
import { isFound, isSuccess, parseResponse, responseError } from './responses.ts';
import type { ServiceClient, ServiceRequest } from './service-client.ts';

interface SessionParts {
  readonly config: CloudConfig;
  readonly http: Pick<ServiceClient, 'send' | 'close'>;
  readonly clock: Clock & SteadyClock;
  /** Called once for each service that is asked by plain HTTP although Keystone is not: anybody on the way reads the token. */
  readonly onPlainHttp?: ((service: ServiceType, host: string) => void) | undefined;
}

interface SessionRequest {
  readonly method?: ServiceRequest['method'];
  /** Below the URL of the service and its version: `/ports`. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Login {
  readonly token: string;
  readonly catalog: ServiceCatalog;
  readonly renewAtMs: number;
  readonly expiresMs: number;
}

/** The share of its lifetime after which a token is renewed, so that no request is sent with one that is about to expire. */
const USED_SHARE = 0.8;
/** The time until the next login after one that failed, while the token is still valid. */
const LOGIN_RETRY_MS = 10_000;
/** The version to append to the URL of a service when the catalog lists it without one. */
const VERSIONS: Readonly<Record<ServiceType, string>> = { identity: '/v3', network: '/v2.0', compute: '/v2.1' };
const UNAUTHORIZED = 401;

export class Session {
  readonly #parts: SessionParts;
  #login: Promise<Login> | undefined;
  #current: Login | undefined;
  readonly #plainServices = new Set<ServiceType>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Gives a valid token. Throws CLOUD_LOGIN_FAILED, CLOUD_UNAVAILABLE, CLOUD_BAD_RESPONSE. */
  async token(): Promise<string> {
    try {
      return (await this.#loggedIn()).token;
    } catch (error) {
      if (!isPraasError(error, 'CLOUD_REFUSED')) throw error;
      const { auth_url } = this.#parts.config.auth;
      throw praasError('CLOUD_LOGIN_FAILED', { url: masked(auth_url), reason: error.facts.reason }, error);
    }
  }

  /**
   * Sends a request to a service and gives its body, parsed by the schema; undefined for 404.
   * Throws CLOUD_UNAVAILABLE, CLOUD_BAD_RESPONSE and CLOUD_REFUSED, the last one also when Keystone rejects the account: that is a
   * fault of the node's configuration, not of the requester's password.
   */
  async request<T>(service: ServiceType, request: SessionRequest, schema: z.ZodType<T>): Promise<T | undefined> {
    const response = await this.send(service, request);
    return isFound(response, service) ? parseResponse(schema, response, service) : undefined;
  }

  /** Sends a request and gives the response as it is. After a 401 the request is repeated once with a new token. */
  async send(service: ServiceType, request: SessionRequest): Promise<HttpResponse> {
    const first = await this.#loggedIn();
    const response = await this.#send(first, service, request);
    if (response.status !== UNAUTHORIZED) return response;
    if (this.#current?.token === first.token) this.#current = undefined;
    return this.#send(await this.#loggedIn(), service, request);
  }

  /** The services that were asked by plain HTTP although Keystone is asked by HTTPS. */
  get plainServices(): readonly ServiceType[] {
    return [...this.#plainServices];
  }

  /** Closes the kept connections. */
  close(): void {
    this.#parts.http.close();
  }

  #send({ token, catalog }: Login, service: ServiceType, request: SessionRequest): Promise<HttpResponse> {
    const { method = 'GET', path, query, body, headers } = request;
    const url = new URL(`${this.#urlOf(service, catalog)}${path}`);
    if (query !== undefined) url.search = query.toString();
    return this.#parts.http.send({ method, url, service, body, headers: { 'X-Auth-Token': token, ...headers } });
  }

  #urlOf(service: ServiceType, catalog: ServiceCatalog): string {
    const { config } = this.#parts;
    const url =
      service === 'identity'
        ? (config.services.identity.url ?? keystoneOf(config))
        : endpointOf(catalog, service, config);
    if (url === undefined) {
      const region = config.region_name === undefined ? '' : ` in region ${config.region_name}`;
      const reason = `its catalog has no ${config.interfaces.join(' or ')} endpoint for ${service}${region}`;
      throw praasError('CLOUD_BAD_RESPONSE', { service: 'identity', reason });
    }
    const { protocol, host, pathname } = new URL(url);
    if (protocol === 'http:' && config.auth.auth_url.startsWith('https:') && !this.#plainServices.has(service)) {
      this.#plainServices.add(service);
      this.#parts.onPlainHttp?.(service, host);
    }
    return /\/v\d[\d.]*(\/|$)/.test(pathname) ? url : `${url}${VERSIONS[service]}`;
  }

  async #loggedIn(): Promise<Login> {
    const now = this.#parts.clock.elapsedMs();
    if (this.#current !== undefined && now < this.#current.renewAtMs) return this.#current;
    this.#login ??= this.#renew().finally(() => {
      this.#login = undefined;
    });
    // A request does not wait for the renewal while the token is still valid.
    if (this.#current === undefined || now >= this.#current.expiresMs) return this.#login;
    this.#login.catch(() => undefined);
    return this.#current;
  }

  /** While Keystone is unavailable, a token that is still valid remains in use. */
  async #renew(): Promise<Login> {
    const login = await this.#logIn().catch((error: unknown): Login => {
      const now = this.#parts.clock.elapsedMs();
      if (!isPraasError(error, 'CLOUD_UNAVAILABLE') || this.#current === undefined || now >= this.#current.expiresMs)
        throw error;
      return { ...this.#current, renewAtMs: now + LOGIN_RETRY_MS };
    });
    this.#current = login;
    return login;
  }

  async #logIn(): Promise<Login> {
    const { config, http, clock } = this.#parts;
    const url = new URL(`${keystoneOf(config)}/auth/tokens`);
    const [requestedMs, requestedAtMs] = [clock.elapsedMs(), clock.now().getTime()];
    const response = await http.send({
      method: 'POST',
      url,
      headers: {},
      body: loginBody(config),
      service: 'identity',
    });
    if (!isSuccess(response)) throw responseError(response, 'identity', secretsOf(config));
    const { token: issued } = parseResponse(TokenResponse, response, 'identity');
    const token = response.headers['x-subject-token'];
    const lifetimeMs = Date.parse(issued.expires_at) - requestedAtMs;
    if (typeof token !== 'string' || Number.isNaN(lifetimeMs))
      throw praasError('CLOUD_BAD_RESPONSE', { service: 'identity', reason: 'it contains no token' });
    const [renewAtMs, expiresMs] = [requestedMs + lifetimeMs * USED_SHARE, requestedMs + lifetimeMs];
    return { token, catalog: issued.catalog, renewAtMs, expiresMs };
  }
}

/** Gives the URL of Keystone with its version and without a trailing slash. */
function keystoneOf({ auth: { auth_url } }: CloudConfig): string {
  const plain = auth_url.replace(/\/+$/, '');
  return plain.endsWith('/v3') ? plain : `${plain}${VERSIONS.identity}`;
}
