/**
 * One HTTP request and its whole response, bounded in time and size. On node:http because fetch takes neither a Unix socket
 * nor a CA file, and does not tell a kept connection that broke from a refusal. What is repeated, its callers decide.
 */
import type { IncomingMessage, RequestOptions, request } from 'node:http';

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface Exchange {
  /** Of node:http or node:https. */
  readonly request: typeof request;
  /** Where to, how, and with which agent and headers. */
  readonly options: RequestOptions;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The whole response has to be there within this time. */
  readonly timeoutMs?: number;
  /** Longest time in which nothing arrives. */
  readonly silenceMs?: number;
  readonly maxBytes: number;
  /** Aborts the exchange; its reason is thrown as the cause of NoResponse. */
  readonly signal?: AbortSignal;
}

/** The code of a NoResponse after `timeout_ms` or `silence_ms`. */
export const TIMED_OUT = 'ETIMEDOUT';
/** The code of a NoResponse for a response of more than `max_bytes`. */
export const TOO_LARGE = 'EMSGSIZE';

/** No response came, or not all of it. */
export class NoResponse extends Error {
  override readonly cause: unknown;
  /** Node's error code, TIMED_OUT or TOO_LARGE; empty where there is none. */
  readonly code: string;
  /** The whole request was sent: the peer may have acted on it. */
  readonly isSent: boolean;
  /** It was sent on a connection that had been kept, which a peer may close at any time. */
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
const SWITCHING = 'the connection was closed before the response';

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
  // The first reason counts; what follows of it is not heard any more.
  const failed = (error: unknown): void =>
    reject(new NoResponse(error, { isSent: sent.writableFinished, isReused: sent.reusedSocket }));
  const late = (limitMs: number): void => {
    failed(withCode(TIMED_OUT, `no response within ${limitMs / SECOND_MS} seconds`));
    sent.destroy();
  };
  // A deadline for the whole response: a peer that sends a byte a second never falls silent.
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => late(timeoutMs), timeoutMs);
  let isAnswering = false;
  sent.on('error', failed).on('timeout', () => late(silenceMs ?? 0));
  sent.on('close', () => {
    clearTimeout(timer);
    // Also after 101, of which nothing else is heard.
    if (!isAnswering) failed(new Error(SWITCHING));
  });
  sent.on('response', (response) => {
    isAnswering = true;
    const { statusCode: status = 0, headers } = response;
    readText(response, maxBytes).then((whole) => resolve({ status, headers, text: whole }), failed);
  });
  sent.end(text);
  return promise;
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
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
