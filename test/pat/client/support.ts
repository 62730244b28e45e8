/** A server that responds as the test says, and keeps the requests that it received. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DaemonClient } from '../../../src/system/http/daemon-client.ts';

export interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** Called for each request with the number of requests before it. */
export type Respond = (response: ServerResponse, request: Asked, before: number) => void;

export interface TestServer {
  /** With TLS it is https://localhost:…, else http://127.0.0.1:…, or the path of the socket. */
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The path of the file with `cert`. */
  readonly path: string;
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

export async function testServer(
  handler: Respond,
  { path, tls }: { readonly path?: string; readonly tls?: Certificate } = {},
): Promise<TestServer> {
  const asked: Asked[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url, headers } = request;
    const body = await text(request);
    const one = { method, url, headers, body: body === '' ? undefined : JSON.parse(body) };
    asked.push(one);
    handler(response, one, asked.length - 1);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void handle(request, response);
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  const port = path === undefined ? (server.address() as AddressInfo).port : 0;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: path ?? (tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`), asked, close };
}

export function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'praas-client-'));
}

/** A self-signed certificate for that host, in a directory of its own below the given one. */
export function certificate(host: string, parent: string): Certificate {
  const directory = mkdtempSync(join(parent, 'tls-'));
  const [path, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const made = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-noenc',
    '-days',
    '2',
    ...subject,
  ];
  execFileSync('openssl', ['req', ...made, '-keyout', key, '-out', path], { stdio: 'pipe' });
  return { cert: readFileSync(path, 'utf8'), key: readFileSync(key, 'utf8'), path };
}

/** Sends requests to the server at that URL. */
export function transportTo(url: string, token: string): DaemonClient {
  return new DaemonClient({ kind: 'url', url, token }, new AbortController().signal);
}
