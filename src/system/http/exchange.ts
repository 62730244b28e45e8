/**
 * One HTTP request and its whole response, limited in time and size. Uses node:http because fetch supports neither Unix sockets
 * nor CA files, and does not distinguish a kept connection that broke from a refusal. Callers decide what is repeated.
 */
import type { IncomingMessage, OutgoingHttpHeaders, RequestOptions, request } from 'node:http';
import { CONNECTION_CLOSED } from './failure.ts';

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

interface Exchange {
  /** Of node:http or node:https. */
  readonly request: typeof request;
  /** The address, method, agent and headers. */
  readonly options: Omit<RequestOptions, 'headers'> & { readonly headers?: OutgoingHttpHeaders };
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The longest time until the whole response has arrived. */
  readonly timeoutMs?: number;
  /** The longest time without any data. */
  readonly silenceMs?: number;
  readonly maxBytes: number;
  /** Aborts the exchange. */
  readonly signal?: AbortSignal;
}

/** The code of a NoResponse after `timeoutMs` or `silenceMs`. */
export const TIMED_OUT = 'ETIMEDOUT';
/** The code of a NoResponse for a response of more than `maxBytes`. */
export const TOO_LARGE = 'EMSGSIZE';

/** No response arrived, or not all of it. */
export class NoResponse extends Error {
  override readonly cause: unknown;
  /** Node's error code, TIMED_OUT or TOO_LARGE; empty where there is none. */
  readonly code: string;
  /** The whole request was sent: the server may have acted on it. */
  readonly isSent: boolean;
  /** It was sent on a kept connection, which a server may close at any time. */
  readonly isReused: boolean;

  constructor(cause: unknown, { isSent, isReused }: { readonly isSent: boolean; readonly isReused: boolean }) {
    super('no response');
    this.cause = cause;
    this.code = (cause as NodeJS.ErrnoException).code ?? '';
    this.isSent = isSent;
    this.isReused = isReused;
  }
}

const SECOND_MS = 1000;

/** Gives the response, whatever its status. Throws NoResponse. */
export function exchange({
  request,
  options,
  body,
  timeoutMs,
  silenceMs,
  maxBytes,
  signal,
}: Exchange): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const sent = request({
    ...options,
    ...(silenceMs !== undefined && { timeout: silenceMs }),
    ...(signal !== undefined && { signal }),
    headers: {
      Accept: 'application/json',
      'User-Agent': 'praas',
      ...options.headers,
      ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
    },
  });
  // Only the first failure counts: rejecting again has no effect.
  const failed = (error: unknown): void =>
    reject(new NoResponse(error, { isSent: sent.writableFinished, isReused: sent.reusedSocket }));
  const timedOut = (limitMs: number): void => {
    failed(withCode(TIMED_OUT, `no response within ${limitMs / SECOND_MS} seconds`));
    sent.destroy();
  };
  // A limit for the whole response: a server that sends a byte a second is never silent.
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => timedOut(timeoutMs), timeoutMs);
  let hasResponse = false;
  sent.on('error', failed).on('timeout', () => timedOut(silenceMs ?? 0));
  sent.on('close', () => {
    clearTimeout(timer);
    // Also after 101 Switching Protocols, which emits no response.
    if (!hasResponse) failed(new Error(CONNECTION_CLOSED));
  });
  sent.on('response', (response) => {
    hasResponse = true;
    const { statusCode: status = 0, headers } = response;
    readBody(response, maxBytes).then((whole) => resolve({ status, headers, text: whole }), failed);
  });
  sent.end(text);
  return promise;
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw withCode(TOO_LARGE, `the response has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function withCode(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
