/**
 * Requests to a praas daemon, over its Unix socket or over HTTP. Whoever asks for a change and gets no response is told that
 * it may have been made.
 */
import { Agent, type RequestOptions, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { urlToHttpOptions } from 'node:url';
import { isPraasError, type PraasError, praasError } from '../../core/errors/errors.ts';
import { addressText, type DaemonAddress } from './daemon-address.ts';
import { exchange, type HttpResponse, NoResponse, TOO_LARGE } from './exchange.ts';
import { failureReason, isBroken, isNotHttp, isUntrusted } from './failure.ts';

export interface DaemonRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** By which the daemon knows a repetition. With it the request is repeated once when the connection breaks. */
  readonly idempotencyKey?: string;
}

export interface Limits {
  /** Longest time in which nothing arrives. */
  readonly silenceMs: number;
  /** Between a connection that broke and the repetition: a daemon that was killed is started again. */
  readonly pauseMs: number;
  readonly maxBytes: number;
}

const LIMITS: Limits = { silenceMs: 60_000, pauseMs: 1000, maxBytes: 256 * 1024 * 1024 };

interface Transport {
  readonly request: typeof request;
  readonly agent: Agent;
}

export class DaemonClient {
  /** Where the daemon is, as people write it. */
  readonly name: string;
  readonly #address: DaemonAddress;
  readonly #ending: AbortSignal;
  readonly #limits: Limits;
  #transport: Promise<Transport> | undefined;

  /** Waiting ends when `ending` aborts, with its INTERRUPTED. */
  constructor(address: DaemonAddress, ending: AbortSignal, limits: Limits = LIMITS) {
    this.name = addressText(address);
    this.#address = address;
    this.#ending = ending;
    this.#limits = limits;
  }

  /** Throws DAEMON_UNREACHABLE, DAEMON_BAD_RESPONSE for what is not HTTP or too large, INTERRUPTED. */
  async send(asked: DaemonRequest): Promise<Pick<HttpResponse, 'status' | 'text'>> {
    let may_have_changed = false;
    for (let repetitions = asked.idempotencyKey === undefined ? 0 : 1; ; repetitions--) {
      try {
        const { status, text } = await this.#attempt(asked);
        return { status, text };
      } catch (error) {
        const { cause, isSent } = asNoResponse(error);
        may_have_changed ||= isSent && asked.method !== 'GET';
        if (repetitions === 0 || !isBroken(cause)) throw this.#errorOf(cause, may_have_changed);
        // Whoever interrupts the pause ends the repetition at once.
        await setTimeout(this.#limits.pauseMs, undefined, { signal: this.#ending }).catch(() => undefined);
      }
    }
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    (await this.#transport?.catch(() => undefined))?.agent.destroy();
  }

  async #attempt({ method, path, body, idempotencyKey }: DaemonRequest): Promise<HttpResponse> {
    this.#transport ??= openTransport(this.#address);
    const transport = await this.#transport;
    const { silenceMs, maxBytes } = this.#limits;
    const token = this.#address.kind === 'url' ? this.#address.token : undefined;
    const headers = {
      ...(token !== undefined && { 'X-Auth-Token': token }),
      ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    };
    const options = { ...targetOf(this.#address, path), method, agent: transport.agent, headers };
    return exchange({ request: transport.request, options, body, silenceMs, maxBytes, signal: this.#ending });
  }

  #errorOf(cause: unknown, may_have_changed: boolean): PraasError {
    const { reason: asked } = this.#ending;
    if (isPraasError(asked, 'INTERRUPTED')) {
      const { signal_number } = asked.facts;
      return may_have_changed ? praasError('INTERRUPTED', { signal_number, may_have_changed }) : asked;
    }
    const facts = { url: this.name, ...(may_have_changed && { may_have_changed }) };
    const isBadResponse = isNotHttp(cause) || (cause as NodeJS.ErrnoException).code === TOO_LARGE;
    if (isBadResponse) {
      const what = isNotHttp(cause) ? 'it does not speak HTTP' : failureReason(cause);
      return praasError('DAEMON_BAD_RESPONSE', { ...facts, reason: what }, cause);
    }
    const help = isUntrusted(cause) ? ' (see --cacert)' : '';
    return praasError('DAEMON_UNREACHABLE', { ...facts, reason: `${failureReason(cause)}${help}` }, cause);
  }
}

function asNoResponse(error: unknown): NoResponse {
  return error instanceof NoResponse ? error : new NoResponse(error, { isSent: false, isReused: false });
}

/** TLS is loaded only where it is needed: it takes longer than all the rest. */
async function openTransport(address: DaemonAddress): Promise<Transport> {
  if (address.kind === 'socket' || !address.url.startsWith('https:')) {
    return { request, agent: new Agent({ keepAlive: true }) };
  }
  const https = await import('./https.ts');
  const ca = address.ca === undefined ? {} : { ca: address.ca };
  return { request: https.request, agent: new https.Agent({ keepAlive: true, ...ca }) };
}

function targetOf(address: DaemonAddress, path: string): RequestOptions {
  if (address.kind === 'socket') return { socketPath: address.path, path };
  return urlToHttpOptions(new URL(`${address.url}${path}`));
}
