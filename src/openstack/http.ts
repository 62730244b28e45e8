/**
 * HTTP as OpenStack's services need it: one request, one whole answer, bounded in time and size. On node:http because fetch
 * takes neither a CA file nor a way to tell a broken kept connection from a refusal. What may be sent twice is sent again
 * when a service stumbles. A POST is sent again only when it cannot have arrived, and never on a kept connection: a server
 * that closes one just then leaves open whether it has read the POST.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { getSystemErrorMessage } from 'node:util';
import { isPraasError, praasError } from '../pat/errors.ts';

export interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What is asked, for messages: `network`. */
  readonly service: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface HttpOptions {
  /** PEM; the well-known authorities when left out. */
  readonly ca?: string | undefined;
  /** False: any certificate will do. */
  readonly verify: boolean;
  readonly timeout_ms: number;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 200;
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_SOCKETS = 16;
const SECOND_MS = 1000;
/** The service is there and stumbles. */
const STUMBLING = [429, 500, 502, 503, 504];
const LATE = 'ETIMEDOUT';
const BROKEN = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

/** No answer came. `is_reused`: on a connection that had been kept, which a server may close without saying so. */
class NoAnswer extends Error {
  readonly code: string;
  readonly is_reused: boolean;

  constructor(cause: unknown, is_reused: boolean) {
    super(reasonOf(cause), { cause });
    this.code = (cause as NodeJS.ErrnoException).code ?? '';
    this.is_reused = is_reused;
  }
}

export class Http {
  readonly #options: HttpOptions;
  readonly #kept: Agents;
  readonly #fresh: Agents;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#kept = agentsOf(options, true);
    this.#fresh = agentsOf(options, false);
  }

  /** Gives the answer, whatever its status. Throws CLOUD_UNAVAILABLE when there is none, CLOUD_MISUNDERSTOOD for no HTTP. */
  async send(ask: Ask): Promise<Reply> {
    const is_repeatable = ask.method !== 'POST';
    for (let attempt = 1; ; attempt++) {
      try {
        const reply = await this.#attempt(ask);
        if (!is_repeatable || !STUMBLING.includes(reply.status) || attempt >= ATTEMPTS) return reply;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        // Who does not answer in time will not in thrice the time.
        const may_repeat = error.code !== LATE && (is_repeatable || error.code === 'ECONNREFUSED');
        if (!may_repeat || attempt >= ATTEMPTS)
          throw praasError('CLOUD_UNAVAILABLE', { service: ask.service, reason: error.message }, error);
        // A server may close a kept connection at any time: that is no sign of trouble, and no time is lost over it.
        if (error.is_reused && BROKEN.includes(error.code)) continue;
      }
      const { random, pause } = this.#options;
      await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random()));
    }
  }

  /** Lets go of the kept connections. */
  close(): void {
    for (const { http, https } of [this.#kept, this.#fresh]) {
      http.destroy();
      https.destroy();
    }
  }

  #attempt({ method, url, headers, body, service }: Ask): Promise<Reply> {
    const { timeout_ms } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const agents = method === 'POST' ? this.#fresh : this.#kept;
    const is_tls = url.protocol === 'https:';
    const sent = (is_tls ? httpsRequest : httpRequest)(url, {
      method,
      agent: is_tls ? agents.https : agents.http,
      headers: {
        Accept: 'application/json',
        'User-Agent': 'praas',
        ...headers,
        ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
      },
    });
    // The first reason counts; what follows of it is not heard any more.
    const failed = (error: unknown): void => reject(failureOf(error, service, sent.reusedSocket));
    // A deadline for the whole answer: a service that sends a byte a second never falls silent.
    const timer = setTimeout(() => {
      failed(Object.assign(new Error(`no answer within ${timeout_ms / SECOND_MS} seconds`), { code: LATE }));
      sent.destroy();
    }, timeout_ms);
    let is_answering = false;
    sent.on('error', failed).on('close', () => {
      clearTimeout(timer);
      // Also after 101, of which nothing else is heard.
      if (!is_answering) failed(new Error(BROKE));
    });
    sent.on('response', (response) => {
      is_answering = true;
      const { statusCode: status = 0, headers: answered } = response;
      readText(response, service).then((whole) => resolve({ status, headers: answered, text: whole }), failed);
    });
    sent.end(text);
    return promise;
  }
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function agentsOf({ ca, verify }: HttpOptions, keepAlive: boolean): Agents {
  const options = { keepAlive, maxSockets: MOST_SOCKETS };
  const https = new HttpsAgent({ ...options, rejectUnauthorized: verify, ...(ca !== undefined && { ca }) });
  return { http: new HttpAgent(options), https };
}

async function readText(response: IncomingMessage, service: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES)
      throw praasError('CLOUD_MISUNDERSTOOD', { service, reason: `more than ${MOST_BYTES} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const BROKE = 'the connection broke before the whole answer came';
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its host name cannot be looked up now',
  ECONNRESET: BROKE,
  EPIPE: BROKE,
};

function failureOf(error: unknown, service: string, is_reused: boolean): Error {
  if (isPraasError(error)) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  // The codes of Node's parser of HTTP.
  if (!code.startsWith('HPE_')) return new NoAnswer(error, is_reused);
  return praasError('CLOUD_MISUNDERSTOOD', { service, reason: `it does not speak HTTP (${code})` }, error);
}

function reasonOf(error: unknown): string {
  const { code = '', errno, message } = error as NodeJS.ErrnoException;
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (/CERT|SIGNED|SIGNATURE/.test(code)) return `its certificate is not trusted (${code}); see cacert in clouds.yaml`;
  return typeof errno === 'number' && errno < 0 ? getSystemErrorMessage(errno) : message;
}
