/**
 * Listens on a TCP port, with TLS or without, or on a Unix socket that only root may open. Everything that a client could
 * exhaust has a limit: the time for headers and requests, the size of headers, the number of connections.
 */
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { errnoText } from '../../core/errors/errno-text.ts';
import { praasError } from '../../core/errors/errors.ts';

import type { Connections } from './connections.ts';

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | undefined }
  | { readonly kind: 'socket'; readonly path: string };

const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** Longer than the minute after which proxies and clients close an idle connection: then it is never closed under a request. */
const KEEP_ALIVE_MS = 65_000;
const SWEEP_MS = 50;
/** Of the socket of root; a port has limits of its own (connections.ts). */
const MAX_ON_SOCKET = 256;
const OPTIONS = {
  headersTimeout: HEADERS_MS,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: 1000,
};
/** TLS 1.3, and of TLS 1.2 only ciphers with forward secrecy. */
const TLS = {
  minVersion: 'TLSv1.2',
  ciphers: 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20',
} as const;

/** `isResponding`: the response to an earlier request is being sent on this connection. */
export type OnUnreadable = (error: Error, socket: Duplex, isResponding: boolean) => void;

export class Listener {
  readonly #address: ListenAddress;
  readonly #server: Server | TlsServer;
  /** The number of requests of a connection whose response has not ended. */
  readonly #open = new WeakMap<Duplex, number>();

  /** `onUnreadable` responds to connections without a valid HTTP request. Without `connections` it has few at most. */
  constructor(address: ListenAddress, app: RequestListener, onUnreadable: OnUnreadable, connections?: Connections) {
    this.#address = address;
    const tls = address.kind === 'tcp' ? address.tls : undefined;
    const counted: RequestListener = (request, response) => {
      this.#count(request.socket, 1);
      const end = connections?.begin(request.socket);
      response.once('close', () => {
        this.#count(request.socket, -1);
        end?.();
      });
      app(request, response);
    };
    this.#server = tls ? createTlsServer({ ...OPTIONS, ...TLS, ...tls }, counted) : createServer(OPTIONS, counted);
    this.#server.on('clientError', (error: Error, socket: Duplex) =>
      onUnreadable(error, socket, (this.#open.get(socket) ?? 0) > 0),
    );
    if (connections) this.#server.on('connection', (socket: Socket) => connections.add(socket));
    else this.#server.maxConnections = MAX_ON_SOCKET;
  }

  /** `http://127.0.0.1:3000`, or the path of the socket. */
  get where(): string {
    if (this.#address.kind === 'socket') return this.#address.path;
    const { host, tls } = this.#address;
    const address = this.#server.address();
    const port = typeof address === 'object' && address ? address.port : this.#address.port;
    return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** Throws LISTEN_FAILED. */
  async open(): Promise<void> {
    try {
      if (this.#address.kind === 'tcp') await this.#listen(this.#address.port, this.#address.host);
      else await this.#openSocket(this.#address.path);
    } catch (error) {
      throw praasError('LISTEN_FAILED', { where: this.where, reason: errnoText(error) }, error);
    }
  }

  /** Applies to new connections. Throws the errors of the TLS library; then the previous certificate stays. */
  renewTls(tls: TlsFiles): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext({ ...TLS, ...tls });
  }

  /** Accepts no new connections. Resolves when all responses have ended; after `graceMs` the rest are cut off. */
  async close(graceMs: number): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    // Node closes only connections that are idle now; those that become idle later would stay open.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), SWEEP_MS);
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(timer);
  }

  #count(socket: Duplex, change: number): void {
    this.#open.set(socket, (this.#open.get(socket) ?? 0) + change);
  }

  async #openSocket(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (await hasListener(path)) throw new Error('another process listens on it');
    await removeSocket(path);
    const umask = process.umask(0o177);
    try {
      await this.#listen(path);
    } finally {
      process.umask(umask);
    }
    await chmod(path, 0o600);
  }

  #listen(...address: [path: string] | [port: number, host: string]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      const done = (): void => {
        this.#server.off('error', reject);
        resolve();
      };
      if (address.length === 1) this.#server.listen(address[0], done);
      else this.#server.listen(address[0], address[1], done);
    });
  }
}

/** Removes the socket that a daemon leaves behind that was killed. Throws for anything else in its place. */
async function removeSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isSocket() === false) throw new Error('it exists and is not a socket');
  if (found !== undefined) await rm(path, { force: true });
}

function hasListener(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
