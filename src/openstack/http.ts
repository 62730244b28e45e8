/**
 * HTTP as OpenStack's services need it: one request, one whole answer, bounded in time and size. On node:http because fetch
 * takes neither a CA file nor a way to tell a broken kept connection from a refusal. What is only asked is asked again when
 * a service stumbles; what changes something is sent again only when it cannot have arrived.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { getSystemErrorMessage } from 'node:util';
import { praasError } from '../pat/errors.ts';

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
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor(options: HttpOptions) {
    this.#options = options;
    const kept = { keepAlive: true, maxSockets: MOST_SOCKETS };
    const { ca, verify } = options;
    this.#http = new HttpAgent(kept);
    this.#https = new HttpsAgent({ ...kept, rejectUnauthorized: verify, ...(ca !== undefined && { ca }) });
  }

  /** Gives the answer, whatever its status. Throws CLOUD_UNAVAILABLE when there is none, CLOUD_MISUNDERSTOOD for too much. */
  async send(ask: Ask): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      try {
        const reply = await this.#attempt(ask);
        if (ask.method !== 'GET' || !STUMBLING.includes(reply.status) || attempt >= ATTEMPTS) return reply;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        // A kept connection that breaks before a byte of an answer has not been served.
        const is_stale = error.is_reused && BROKEN.includes(error.code);
        const may_repeat = is_stale || ask.method === 'GET' || error.code === 'ECONNREFUSED';
        if (!may_repeat || attempt >= ATTEMPTS)
          throw praasError('CLOUD_UNAVAILABLE', { service: ask.service, reason: error.message }, error);
        if (is_stale) continue;
      }
      const { random, pause } = this.#options;
      await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random()));
    }
  }

  /** Lets go of the kept connections. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #attempt({ method, url, headers, body, service }: Ask): Promise<Reply> {
    const { timeout_ms } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const is_tls = url.protocol === 'https:';
    const sent = (is_tls ? httpsRequest : httpRequest)(url, {
      method,
      agent: is_tls ? this.#https : this.#http,
      headers: {
        Accept: 'application/json',
        'User-Agent': 'praas',
        ...headers,
        ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
      },
    });
    const failed = (error: unknown): void => reject(new NoAnswer(error, sent.reusedSocket));
    // A deadline for the whole answer: a service that sends a byte a second never falls silent.
    const late = new Error(`no answer within ${timeout_ms / SECOND_MS} seconds`);
    const timer = setTimeout(() => sent.destroy(late), timeout_ms);
    sent.on('close', () => clearTimeout(timer)).on('error', failed);
    sent.on('response', (response) => {
      readText(response, service).then(
        (whole) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: whole }),
        (error: unknown) => (error instanceof Error && 'kind' in error ? reject(error) : failed(error)),
      );
    });
    sent.end(text);
    return promise;
  }
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

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its host name cannot be looked up now',
  ECONNRESET: 'the connection broke before an answer came',
  EPIPE: 'the connection broke before an answer came',
};

function reasonOf(error: unknown): string {
  const { code = '', errno, message } = error as NodeJS.ErrnoException;
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (/CERT|SIGNED|SIGNATURE/.test(code)) return `its certificate is not trusted (${code}); see cacert in clouds.yaml`;
  return typeof errno === 'number' && errno < 0 ? getSystemErrorMessage(errno) : message;
}
