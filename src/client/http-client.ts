/**
 * HTTP as this room needs it, also over a Unix socket, which fetch cannot: one request, one whole answer, bounded in time
 * and size. Who asks for a change and gets no answer is told that it may have been made.
 */
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { urlToHttpOptions } from 'node:url';
import { isPraasError, type PraasError, praasError } from '../pat/errors.ts';
import { isBroken, isNotHttp, misunderstood, reasonOf } from './errors.ts';
import { nameOf, type Place } from './place.ts';

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** By which the daemon knows a repetition. With it the request is repeated once when the connection breaks. */
  readonly idempotency_key?: string;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

export interface Limits {
  /** So long may nothing at all come. */
  readonly silence_ms: number;
  /** Between a connection that broke and its repetition: a daemon that was killed is started again. */
  readonly pause_ms: number;
  readonly answer_bytes: number;
}

const LIMITS: Limits = { silence_ms: 60_000, pause_ms: 1000, answer_bytes: 256 * 1024 * 1024 };
const SECOND_MS = 1000;

interface Transport {
  readonly request: typeof request;
  readonly agent: Agent;
}

/** `is_sent`: the daemon has the whole request, so it may have acted on it. */
class NoAnswer extends Error {
  override readonly cause: unknown;
  readonly is_sent: boolean;

  constructor(cause: unknown, is_sent: boolean) {
    super('no answer');
    this.cause = cause;
    this.is_sent = is_sent;
  }
}

export class HttpClient {
  /** Where it asks, for people. */
  readonly name: string;
  readonly #place: Place;
  readonly #ending: AbortSignal;
  readonly #limits: Limits;
  #transport: Promise<Transport> | undefined;

  /** Waiting ends when `ending` aborts, with its INTERRUPTED. */
  constructor(place: Place, ending: AbortSignal, limits: Limits = LIMITS) {
    this.name = nameOf(place);
    this.#place = place;
    this.#ending = ending;
    this.#limits = limits;
  }

  /** Throws DAEMON_UNREACHABLE, DAEMON_MISUNDERSTOOD when what answers is not HTTP or says too much, INTERRUPTED. */
  async send(ask: Ask): Promise<Reply> {
    let may_have_changed = false;
    for (let repetitions = ask.idempotency_key === undefined ? 0 : 1; ; repetitions--) {
      try {
        return await this.#attempt(ask);
      } catch (error) {
        const { cause, is_sent } = asNoAnswer(error);
        may_have_changed ||= is_sent && ask.method !== 'GET';
        if (repetitions === 0 || !isBroken(cause)) throw this.#told(cause, may_have_changed);
        // Whoever interrupts the pause ends the repetition at once.
        await setTimeout(this.#limits.pause_ms, undefined, { signal: this.#ending }).catch(() => undefined);
      }
    }
  }

  /** Lets go of the connections. */
  async close(): Promise<void> {
    (await this.#transport?.catch(() => undefined))?.agent.destroy();
  }

  async #attempt(ask: Ask): Promise<Reply> {
    this.#transport ??= openTransport(this.#place);
    const transport = await this.#transport;
    const { silence_ms, answer_bytes } = this.#limits;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const body = ask.body === undefined ? undefined : JSON.stringify(ask.body);
    const sent = transport.request({
      ...target(this.#place, ask.path),
      method: ask.method,
      agent: transport.agent,
      headers: headersOf(this.#place, ask, body),
      timeout: silence_ms,
      signal: this.#ending,
    });
    const failed = (error: unknown): void => {
      reject(isPraasError(error) ? error : new NoAnswer(error, sent.writableFinished));
    };
    sent.on('error', failed);
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${silence_ms / SECOND_MS} seconds`)));
    sent.on('response', (response) => {
      const text = readText(response, answer_bytes, this.name);
      text.then((all) => resolve({ status: response.statusCode ?? 0, text: all }), failed);
    });
    sent.end(body);
    return promise;
  }

  #told(cause: unknown, may_have_changed: boolean): PraasError {
    const { reason: asked } = this.#ending;
    if (isPraasError(asked, 'INTERRUPTED')) {
      const signal_number = Number(asked.facts['signal_number']);
      return may_have_changed ? praasError('INTERRUPTED', { signal_number, may_have_changed }) : asked;
    }
    const doubt = may_have_changed ? '; the change may have been made' : '';
    if (isNotHttp(cause)) return misunderstood(this.name, `it does not speak HTTP${doubt}`);
    return praasError('DAEMON_UNREACHABLE', { url: this.name, reason: `${reasonOf(cause)}${doubt}` }, cause);
  }
}

/** What is of the catalogue already needs no more words, and is thrown. */
function asNoAnswer(error: unknown): NoAnswer {
  if (isPraasError(error)) throw error;
  return error instanceof NoAnswer ? error : new NoAnswer(error, false);
}

/** TLS is loaded only for who needs it: it takes longer than all the rest. */
async function openTransport(place: Place): Promise<Transport> {
  if (place.kind === 'socket' || !place.url.startsWith('https:')) {
    return { request, agent: new Agent({ keepAlive: true }) };
  }
  const https = await import('./https.ts');
  const ca = place.ca === undefined ? {} : { ca: place.ca };
  return { request: https.request, agent: new https.Agent({ keepAlive: true, ...ca }) };
}

function target(place: Place, path: string): RequestOptions {
  if (place.kind === 'socket') return { socketPath: place.path, path };
  return urlToHttpOptions(new URL(`${place.url}${path}`));
}

function headersOf(place: Place, { idempotency_key }: Ask, body: string | undefined): Record<string, string> {
  const token = place.kind === 'url' ? place.token : undefined;
  return {
    Accept: 'application/json',
    'User-Agent': 'praas',
    ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': `${Buffer.byteLength(body)}` }),
    ...(token !== undefined && { 'X-Auth-Token': token }),
    ...(idempotency_key !== undefined && { 'Idempotency-Key': idempotency_key }),
  };
}

async function readText(response: IncomingMessage, most: number, url: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw misunderstood(url, `its answer has more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
