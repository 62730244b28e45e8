/**
 * HTTP as OpenStack's services need it. A request that may be sent twice is sent again when a service stumbles. A POST is sent
 * again only when it cannot have arrived, and never on a kept connection: a server that closes one just then leaves open
 * whether it has read the POST.
 */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { backoff } from '../core/backoff.ts';
import { praasError } from '../core/errors/errors.ts';
import { exchange, type HttpResponse, NoResponse, TIMED_OUT, TOO_LARGE } from '../system/http/exchange.ts';
import { codeOf, failureReason, isBroken, isNotHttp, isUntrusted } from '../system/http/failure.ts';

export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The service's type in the catalogue, for messages: `network`. */
  readonly service: string;
}

export interface ServiceClientOptions {
  /** PEM; the well-known authorities when left out. */
  readonly ca?: string | undefined;
  /** False: any certificate is accepted. */
  readonly verify: boolean;
  readonly timeoutMs: number;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 200;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_SOCKETS = 16;
/** The service is there and stumbles. */
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

  /** Gives the response, whatever its status. Throws CLOUD_UNAVAILABLE when there is none, CLOUD_BAD_RESPONSE for no HTTP. */
  async send(asked: ServiceRequest): Promise<HttpResponse> {
    const { method, service } = asked;
    const isRepeatable = method !== 'POST';
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#attempt(asked);
        if (!isRepeatable || !RETRIED_STATUSES.includes(response.status) || attempt >= ATTEMPTS) return response;
      } catch (error) {
        if (!(error instanceof NoResponse)) throw error;
        const { cause, code, isReused } = error;
        if (isNotHttp(cause) || code === TOO_LARGE) {
          const reason = isNotHttp(cause) ? `it does not speak HTTP (${code})` : failureReason(cause);
          throw praasError('CLOUD_BAD_RESPONSE', { service, reason }, error);
        }
        // Who does not answer in time will not in thrice the time.
        const mayRepeat = code !== TIMED_OUT && (isRepeatable || code === 'ECONNREFUSED');
        if (!mayRepeat || attempt >= ATTEMPTS)
          throw praasError('CLOUD_UNAVAILABLE', { service, reason: reasonOf(cause) }, error);
        // A server may close a kept connection at any time: that is no sign of trouble, and no time is lost over it.
        if (isReused && isBroken(cause)) continue;
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

function reasonOf(cause: unknown): string {
  return `${failureReason(cause)}${isUntrusted(cause) ? ` (${codeOf(cause)}; see cacert in clouds.yaml)` : ''}`;
}
