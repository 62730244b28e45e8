/**
 * Where the API is listened to: a TCP port, with TLS or without, or a Unix socket that only root may open. Bounded in
 * every direction: header and request times, header size, connections.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { getSystemErrorMessage } from 'node:util';
import { praasError } from '../../core/errors/errors.ts';

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | undefined }
  | { readonly kind: 'socket'; readonly path: string };

const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** Longer than the minute after which proxies and clients give an idle connection up: they should be the ones who do. */
const KEEP_ALIVE_MS = 65_000;
const SWEEP_MS = 50;
const MOST_CONNECTIONS = 2048;
const OPTIONS = {
  headersTimeout: HEADERS_MS,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: 1000,
};

/** `is_answering`: an earlier request of this connection is being answered. */
export type OnUnreadable = (error: Error, socket: Duplex, isAnswering: boolean) => void;

export class Listener {
  readonly #place: ListenAddress;
  readonly #server: Server | TlsServer;
  /** How many requests of a connection are being answered. */
  readonly #answering = new WeakMap<Duplex, number>();

  /** `onUnreadable` answers connections that do not speak HTTP as they should. */
  constructor(place: ListenAddress, app: RequestListener, onUnreadable: OnUnreadable) {
    this.#place = place;
    const tls = place.kind === 'tcp' ? place.tls : undefined;
    const counted: RequestListener = (request, response) => {
      this.#count(request.socket, 1);
      response.once('close', () => this.#count(request.socket, -1));
      app(request, response);
    };
    this.#server = tls ? createTlsServer({ ...OPTIONS, ...tls }, counted) : createServer(OPTIONS, counted);
    this.#server.on('clientError', (error: Error, socket: Duplex) =>
      onUnreadable(error, socket, (this.#answering.get(socket) ?? 0) > 0),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** `http://127.0.0.1:3000`, or the path of the socket. */
  get where(): string {
    if (this.#place.kind === 'socket') return this.#place.path;
    const { host, tls } = this.#place;
    const address = this.#server.address();
    const port = typeof address === 'object' && address ? address.port : this.#place.port;
    return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** Throws LISTEN_FAILED. */
  async open(): Promise<void> {
    try {
      if (this.#place.kind === 'tcp') await this.#listen(this.#place.port, this.#place.host);
      else await this.#openSocket(this.#place.path);
    } catch (error) {
      const { errno, message } = error as NodeJS.ErrnoException;
      const reason = errno === undefined ? message : getSystemErrorMessage(errno);
      throw praasError('LISTEN_FAILED', { where: this.where, reason }, error);
    }
  }

  /** From the next connection on; those that are open go on. Throws the TLS library's errors, then the old one stays. */
  renewTls(tls: TlsFiles): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(tls);
  }

  /** Takes no new connections; resolves when the requests under way are answered, or cut off after `grace_ms`. */
  async close(graceMs: number): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    // A connection whose request is answered meanwhile stays open, idle: Node closes only those that were so at first.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), SWEEP_MS);
    const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(timer);
  }

  #count(socket: Duplex, change: number): void {
    this.#answering.set(socket, (this.#answering.get(socket) ?? 0) + change);
  }

  async #openSocket(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (await isAnswered(path)) throw new Error('another daemon listens there');
    // What a killed daemon left.
    await rm(path, { force: true });
    const umask = process.umask(0o177);
    try {
      await this.#listen(path);
    } finally {
      process.umask(umask);
    }
    await chmod(path, 0o600);
  }

  #listen(...place: [path: string] | [port: number, host: string]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      const done = (): void => {
        this.#server.off('error', reject);
        resolve();
      };
      if (place.length === 1) this.#server.listen(place[0], done);
      else this.#server.listen(place[0], place[1], done);
    });
  }
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
