/** Keystone, Neutron and Nova as far as the adapter asks them, on a real HTTP server that can be told to misbehave. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the next requests meet instead of an answer: each is used once, in order. */
export type Trouble =
  | { readonly status: number; readonly text?: string }
  | 'hang'
  | 'close'
  | 'html'
  | 'half'
  | 'wrong types';

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

const HOUR_MS = 3_600_000;
const PAGE = 2;

export class FakeOpenStack {
  readonly asked: Asked[] = [];
  readonly troubles: Trouble[] = [];
  /** Tokens that are good now, with what Keystone says of each. */
  readonly tokens = new Map<string, Record<string, unknown>>();
  readonly routers: Record<string, unknown>[] = [];
  token_life_ms = HOUR_MS;
  logins = 0;
  /** What a login needs to have in its body. */
  wants: (body: string) => boolean = () => true;
  readonly #server: Server;
  readonly #now: () => number;

  private constructor(server: Server, now: () => number) {
    this.#server = server;
    this.#now = now;
  }

  static async start(now: () => number): Promise<FakeOpenStack> {
    const server = createServer();
    const fake = new FakeOpenStack(server, now);
    server.on('request', (request, response) => void fake.#meet(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get keystone(): string {
    return `${this.url}/identity/v3`;
  }

  /** Nothing listens any more. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** A token of a user with these roles. */
  grant(token: string, fields: Record<string, unknown>): void {
    this.tokens.set(token, { ...this.#user('tenant'), ...fields });
  }

  async #meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    const token = request.headers['x-auth-token'] as string | undefined;
    this.asked.push({ method: request.method ?? '', path, token, body: text === '' ? undefined : JSON.parse(text) });
    const trouble = this.troubles.shift();
    if (trouble !== undefined) return this.#misbehave(trouble, response);
    if (path.startsWith('/identity/v3/auth/tokens')) return this.#identity(request, response, text);
    if (token === undefined || !this.tokens.has(token)) return send(response, 401, { error: { code: 401 } });
    if (path.startsWith('/network/v2.0/routers?')) return this.#page(new URL(path, this.url), response);
    return send(response, 404, { NeutronError: { message: 'not there' } });
  }

  #identity(request: IncomingMessage, response: ServerResponse, text: string): void {
    if (request.method === 'POST') {
      if (!this.wants(text)) return send(response, 401, { error: { message: 'no such user' } });
      const name = `service-token-${++this.logins}`;
      const facts = { ...this.#user('praas'), catalog: this.#catalogue() };
      this.tokens.set(name, facts);
      response.setHeader('X-Subject-Token', name);
      return send(response, 201, { token: facts });
    }
    const own = this.tokens.get(request.headers['x-auth-token'] as string);
    if (own === undefined) return send(response, 401, { error: { code: 401 } });
    const facts = this.tokens.get(request.headers['x-subject-token'] as string);
    return facts ? send(response, 200, { token: facts }) : send(response, 404, { error: { code: 404 } });
  }

  #page(url: URL, response: ServerResponse): void {
    const marker = url.searchParams.get('marker');
    const start = marker === null ? 0 : this.routers.findIndex(({ id }) => id === marker) + 1;
    const routers = this.routers.slice(start, start + PAGE);
    const last = routers.at(-1);
    const has_more = start + PAGE < this.routers.length && last !== undefined;
    const next = new URL(url);
    if (has_more) next.searchParams.set('marker', String(last['id']));
    send(response, 200, { routers, ...(has_more && { routers_links: [{ rel: 'next', href: next.href }] }) });
  }

  #misbehave(trouble: Trouble, response: ServerResponse): void {
    if (trouble === 'hang') return;
    if (trouble === 'close') return void response.socket?.destroy();
    if (trouble === 'html')
      return void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>busy</html>');
    if (trouble === 'wrong types') return send(response, 200, { routers: 'none', token: 7 });
    if (trouble === 'half') {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{"routers": [');
      setTimeout(() => response.socket?.destroy(), 20);
      return;
    }
    response.writeHead(trouble.status).end(trouble.text ?? '');
  }

  #user(name: string): Record<string, unknown> {
    return {
      user: { id: `id-of-${name}`, name },
      project: { id: 'blue', name: 'Blue' },
      roles: [{ name: 'member' }],
      expires_at: new Date(this.#now() + this.token_life_ms).toISOString(),
    };
  }

  #catalogue(): unknown {
    const endpoint = (region: string, face: string, path: string) => ({
      interface: face,
      region,
      region_id: region,
      url: `${this.url}${path}`,
    });
    return [
      {
        type: 'network',
        endpoints: [
          endpoint('Elsewhere', 'public', '/elsewhere'),
          endpoint('RegionOne', 'internal', '/inside'),
          endpoint('RegionOne', 'public', '/network'),
        ],
      },
      { type: 'identity', endpoints: [endpoint('RegionOne', 'public', '/identity/v3')] },
    ];
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
