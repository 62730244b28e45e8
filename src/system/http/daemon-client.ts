/**
 * Requests to a praas daemon, over its Unix socket or over HTTP. When a change gets no response, the error says that the change may
 * have been made.
 */
import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { urlToHttpOptions } from 'node:url';
import type { ApiRequest, ApiResponse, ApiTransport } from '../../core/client/api-client.ts';
import { isPraasError, type PraasError, praasError } from '../../core/errors/errors.ts';
import { redirectReason, tlsPortReason } from './bad-response.ts';
import { addressText, type DaemonAddress } from './daemon-address.ts';
import { exchange, type HttpResponse, NoResponse, TOO_LARGE } from './exchange.ts';
import { failureReason, isBroken, isNotHttp, isUntrusted } from './failure.ts';

export interface Limits {
  /** The longest time without any data. */
  readonly silenceMs: number;
  /** The time between a broken connection and the repetition: a killed daemon is started again. */
  readonly pauseMs: number;
  readonly maxBytes: number;
}

const LIMITS: Limits = { silenceMs: 60_000, pauseMs: 1000, maxBytes: 256 * 1024 * 1024 };

interface Transport {
  readonly request: typeof httpRequest;
  readonly agent: Agent;
}

export class DaemonClient implements ApiTransport {
  /** The address of the daemon, as users write it. */
  readonly name: string;
  readonly #address: DaemonAddress;
  readonly #abortSignal: AbortSignal;
  readonly #limits: Limits;
  #transport: Promise<Transport> | undefined;

  /** Waiting ends when `abortSignal` aborts, with its INTERRUPTED. */
  constructor(address: DaemonAddress, abortSignal: AbortSignal, limits: Limits = LIMITS) {
    this.name = addressText(address);
    this.#address = address;
    this.#abortSignal = abortSignal;
    this.#limits = limits;
  }

  /** Throws DAEMON_UNREACHABLE, INTERRUPTED, and DAEMON_BAD_RESPONSE for a redirect and a response that is not HTTP or too large. */
  async send(request: ApiRequest): Promise<ApiResponse> {
    let isDoubtful = false;
    for (let repetitions = request.idempotencyKey === undefined ? 0 : 1; ; repetitions--) {
      try {
        const response = await this.#attempt(request);
        const reason = await this.#misdirection(response);
        if (reason !== undefined) throw praasError('DAEMON_BAD_RESPONSE', { url: this.name, reason });
        return { status: response.status, text: response.text };
      } catch (error) {
        if (isPraasError(error)) throw error;
        const { cause, isSent } = asNoResponse(error);
        isDoubtful ||= isSent && request.method !== 'GET';
        if (repetitions === 0 || !isBroken(cause)) throw await this.#errorOf(cause, isDoubtful);
        // An interruption of the pause ends the repetition at once.
        await setTimeout(this.#limits.pauseMs, undefined, { signal: this.#abortSignal }).catch(() => undefined);
      }
    }
  }

  /** Closes the kept connections. */
  async close(): Promise<void> {
    (await this.#transport?.catch(() => undefined))?.agent.destroy();
  }

  async #attempt({ method, path, body, idempotencyKey }: ApiRequest): Promise<HttpResponse> {
    this.#transport ??= openTransport(this.#address);
    const transport = await this.#transport;
    const { silenceMs, maxBytes } = this.#limits;
    const token = this.#address.kind === 'url' ? this.#address.token : undefined;
    const headers = {
      ...(token !== undefined && { 'X-Auth-Token': token }),
      ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    };
    const options = { ...optionsOf(this.#address, path), method, agent: transport.agent, headers };
    return exchange({ request: transport.request, options, body, silenceMs, maxBytes, signal: this.#abortSignal });
  }

  /** Why the response is that of another server, as far as its head shows. */
  async #misdirection(response: HttpResponse): Promise<string | undefined> {
    return redirectReason(response) ?? this.#tlsPortReason(response);
  }

  async #tlsPortReason(outcome: unknown): Promise<string | undefined> {
    return this.#address.kind === 'url' ? tlsPortReason(new URL(this.#address.url), outcome) : undefined;
  }

  async #errorOf(cause: unknown, isDoubtful: boolean): Promise<PraasError> {
    const { reason: interruption } = this.#abortSignal;
    if (isPraasError(interruption, 'INTERRUPTED')) {
      const { signal_number } = interruption.facts;
      return isDoubtful ? praasError('INTERRUPTED', { signal_number, may_have_changed: true }) : interruption;
    }
    // A TLS port cannot read a plain request, so nothing has changed.
    const reason = await this.#tlsPortReason(cause);
    if (reason !== undefined) return praasError('DAEMON_UNREACHABLE', { url: this.name, reason }, cause);
    const facts = { url: this.name, ...(isDoubtful && { may_have_changed: true }) };
    const isBadResponse = isNotHttp(cause) || (cause as NodeJS.ErrnoException).code === TOO_LARGE;
    if (isBadResponse) {
      const problem = isNotHttp(cause) ? 'it does not speak HTTP' : failureReason(cause);
      return praasError('DAEMON_BAD_RESPONSE', { ...facts, reason: problem }, cause);
    }
    const hint = isUntrusted(cause) ? ' (see --cacert)' : '';
    return praasError('DAEMON_UNREACHABLE', { ...facts, reason: `${failureReason(cause)}${hint}` }, cause);
  }
}

function asNoResponse(error: unknown): NoResponse {
  return error instanceof NoResponse ? error : new NoResponse(error, { isSent: false, isReused: false });
}

/** TLS is loaded only where it is needed: it takes longer to load than all the rest. */
async function openTransport(address: DaemonAddress): Promise<Transport> {
  if (address.kind === 'socket' || !address.url.startsWith('https:')) {
    return { request: httpRequest, agent: new Agent({ keepAlive: true }) };
  }
  const https = await import('./https.ts');
  const ca = address.ca === undefined ? {} : { ca: address.ca };
  return { request: https.request, agent: new https.Agent({ keepAlive: true, ...ca }) };
}

function optionsOf(address: DaemonAddress, path: string): RequestOptions {
  if (address.kind === 'socket') return { socketPath: address.path, path };
  return urlToHttpOptions(new URL(`${address.url}${path}`));
}
