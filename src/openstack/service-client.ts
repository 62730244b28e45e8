/**
 * HTTP as OpenStack's services require it. A request that may be repeated is sent again after a temporary failure of the service. A
 * POST is sent again only when it cannot have arrived, and never on a kept connection: a server that closes one at that moment
 * leaves open whether it has read the POST.
 */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { backoff } from '../core/backoff.ts';
import { type PraasError, praasError } from '../core/errors/errors.ts';
import { tlsPortReason } from '../system/http/bad-response.ts';
import { exchange, type HttpResponse, NoResponse, TIMED_OUT, TOO_LARGE } from '../system/http/exchange.ts';
import { codeOf, failureReason, isBroken, isNotHttp, isUntrusted } from '../system/http/failure.ts';

export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The type of the service in the catalog, for messages: `network`. */
  readonly service: string;
}

export interface ServiceClientOptions {
  /** Certificates of the authorities as PEM; the well-known ones when left out. */
  readonly ca?: string | undefined;
  /** False: any certificate is accepted. */
  readonly verify: boolean;
  readonly timeoutMs: number;
  /** Gives a number from 0 to 1, for jitter. */
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 200;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_SOCKETS = 16;
/** Statuses of temporary failures. */
const RETRIED_STATUSES = [429, 500, 502, 503, 504];

export class ServiceClient {
  readonly #options: ServiceClientOptions;
  readonly #kept: Agents;
  readonly #fresh: Agents;

  constructor(options: ServiceClientOptions) {
    this.#options = options;
    this.#kept = agentsOf(options, true);
    this.#fresh = agentsOf(options, false);
  }

  /**
   * Gives the response, whatever its status. Throws CLOUD_UNAVAILABLE when there is none, CLOUD_BAD_RESPONSE when it is not HTTP, too
   * large, or when the port speaks TLS and the URL does not.
   */
  async send(request: ServiceRequest): Promise<HttpResponse> {
    const isRepeatable = request.method !== 'POST';
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#attempt(request);
        const isRetried = isRepeatable && RETRIED_STATUSES.includes(response.status) && attempt < MAX_ATTEMPTS;
        if (!isRetried) return await checked(response, request);
      } catch (error) {
        if (!(error instanceof NoResponse)) throw error;
        if (attempt >= MAX_ATTEMPTS || !mayRepeat(error, isRepeatable)) throw await failureOf(error, request);
        // A server may close a kept connection at any time: that is no failure, and no time is lost before the next attempt.
        if (error.isReused && isBroken(error.cause)) continue;
      }
      const { random, pause } = this.#options;
      await pause(backoff(attempt, { firstMs: FIRST_PAUSE_MS, random }));
    }
  }

  /** Closes the kept connections. */
  close(): void {
    for (const { http, https } of [this.#kept, this.#fresh]) {
      http.destroy();
      https.destroy();
    }
  }

  #attempt({ method, url, headers, body }: ServiceRequest): Promise<HttpResponse> {
    const agents = method === 'POST' ? this.#fresh : this.#kept;
    const isTls = url.protocol === 'https:';
    const agent = isTls ? agents.https : agents.http;
    return exchange({
      request: isTls ? httpsRequest : httpRequest,
      options: { ...urlToHttpOptions(url), method, agent, headers },
      body,
      timeoutMs: this.#options.timeoutMs,
      maxBytes: MAX_BYTES,
    });
  }
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function agentsOf({ ca, verify }: ServiceClientOptions, keepAlive: boolean): Agents {
  const options = { keepAlive, maxSockets: MAX_SOCKETS };
  const https = new HttpsAgent({ ...options, rejectUnauthorized: verify, ...(ca !== undefined && { ca }) });
  return { http: new HttpAgent(options), https };
}

/** A service that does not respond in time will not respond in three times the time. */
function mayRepeat(error: NoResponse, isRepeatable: boolean): boolean {
  if (isBadResponse(error) || error.code === TIMED_OUT) return false;
  return isRepeatable || error.code === 'ECONNREFUSED';
}

function isBadResponse({ cause, code }: NoResponse): boolean {
  return isNotHttp(cause) || code === TOO_LARGE;
}

/** Gives the response, unless it refuses plain HTTP on a TLS port. */
async function checked(response: HttpResponse, { service, url }: ServiceRequest): Promise<HttpResponse> {
  const reason = await tlsPortReason(url, response);
  if (reason === undefined) return response;
  throw praasError('CLOUD_BAD_RESPONSE', { service, reason });
}

async function failureOf(error: NoResponse, { service, url }: ServiceRequest): Promise<PraasError> {
  const { cause, code } = error;
  const tlsPort = await tlsPortReason(url, cause);
  if (tlsPort !== undefined) return praasError('CLOUD_BAD_RESPONSE', { service, reason: tlsPort }, error);
  if (isBadResponse(error)) {
    const reason = isNotHttp(cause) ? `it does not speak HTTP (${code})` : failureReason(cause);
    return praasError('CLOUD_BAD_RESPONSE', { service, reason }, error);
  }
  const hint = isUntrusted(cause) ? ` (${codeOf(cause)}; see cacert in clouds.yaml)` : '';
  return praasError('CLOUD_UNAVAILABLE', { service, reason: `${failureReason(cause)}${hint}` }, error);
}
