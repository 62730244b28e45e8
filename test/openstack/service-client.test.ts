/** One request and its answer, with servers that speak HTTP badly or not at all. What each says is written out as bytes. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ServiceClient, type ServiceClientOptions, type ServiceRequest } from '../../src/openstack/service-client.ts';
import { failureReason } from '../../src/system/http/failure.ts';
import { certificate } from '../pat/client/support.ts';
import { failureOf } from './support.ts';

const TIMEOUT_MS = 200;
const TLS_HANDSHAKE = 0x16;

let server: Server;
let sockets: Set<Socket>;
/** One for each request that came whole, in order: what is done with its connection. The last one stays. */
let answers: ((socket: Socket) => void)[];
let requests: string[];
let pauses: number[];
let http: ServiceClient;

beforeEach(async () => {
  answers = [];
  requests = [];
  sockets = new Set();
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      // Whether the port speaks TLS is no request: this server does not.
      if (bytes[0] === TLS_HANDSHAKE) {
        sockets.delete(socket);
        socket.destroy();
        return;
      }
      requests.push(bytes.toString());
      (answers.length > 1 ? answers.shift() : answers[0])?.(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  pauses = [];
  http = httpOf({});
});
afterEach(async () => {
  http.close();
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
});

function httpOf(options: Partial<ServiceClientOptions>): ServiceClient {
  const pause = async (milliseconds: number): Promise<void> => void pauses.push(milliseconds);
  return new ServiceClient({ verify: true, timeoutMs: TIMEOUT_MS, random: () => 0.5, pause, ...options });
}

function ask(method: ServiceRequest['method'] = 'GET', rest: Partial<ServiceRequest> = {}): ServiceRequest {
  const url = new URL(`http://127.0.0.1:${portOf(server)}/v2.0/ports`);
  return { method, url, headers: { 'X-Auth-Token': 'secret-token' }, service: 'network', ...rest };
}

const says = (bytes: string) => (socket: Socket) => void socket.write(bytes);
const ends = (bytes: string) => (socket: Socket) => void socket.end(bytes);
const breaks = (socket: Socket): void => void socket.destroy();
const status = (line: string, body = '') => `HTTP/1.1 ${line}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const FINE = says(status('200 OK', '{}'));
const BUSY = says(status('503 Service Unavailable'));

const portOf = (listening: { address(): unknown }): number => (listening.address() as AddressInfo).port;

test('an answer is given as it came, whatever its status', async () => {
  answers = [says(status('404 Not Found\r\nX-Some: thing', 'no'))];
  expect(await http.send(ask())).toMatchObject({ status: 404, headers: { 'x-some': 'thing' }, text: 'no' });
});

test('a body is sent as JSON, with headers of its own', async () => {
  answers = [FINE];
  await http.send(ask('POST', { body: { name: 'ü' } }));

  expect(requests[0]).toMatch(/^POST \/v2\.0\/ports HTTP\/1\.1\r\n/);
  expect(requests[0]).toContain('X-Auth-Token: secret-token\r\n');
  expect(requests[0]).toContain('Content-Type: application/json\r\nContent-Length: 13\r\n');
  expect(requests[0]).toMatch(/\r\n\r\n\{"name":"ü"\}$/);
});

describe('repeating', () => {
  test.each<[ServiceRequest['method'], number]>([
    ['GET', 3],
    ['DELETE', 3],
    ['POST', 1],
  ])('%s is sent to a busy service %i times at most, and its last answer is given', async (method, times) => {
    answers = [BUSY];
    expect((await http.send(ask(method))).status).toBe(503);
    expect(requests).toHaveLength(times);
  });

  test.each(['429 Too Many Requests', '500 Internal Server Error', '502 Bad Gateway', '504 Gateway Timeout'])(
    '%s is asked again',
    async (line) => {
      answers = [says(status(line)), FINE];
      expect((await http.send(ask())).status).toBe(200);
    },
  );

  test.each(['400 Bad Request', '401 Unauthorized', '403 Forbidden', '404 Not Found', '409 Conflict'])(
    '%s is an answer',
    async (line) => {
      answers = [says(status(line))];
      await http.send(ask());
      expect(requests).toHaveLength(1);
      expect(pauses).toEqual([]);
    },
  );

  test('pauses double, and chance spreads them from half to one and a half', async () => {
    answers = [BUSY];
    await httpOf({ random: () => 0, pause: async (each) => void pauses.push(each) }).send(ask());
    await httpOf({ random: () => 0.5, pause: async (each) => void pauses.push(each) }).send(ask());
    await httpOf({ random: () => 1, pause: async (each) => void pauses.push(each) }).send(ask());

    const [low, low2, middle = 0, middle2, high, high2] = pauses;
    expect([low, low2]).toEqual([middle / 2, middle]);
    expect(middle2).toBe(2 * middle);
    expect([high, high2]).toEqual([1.5 * middle, 3 * middle]);
  });

  test('a kept connection that the server has closed meanwhile costs no pause', async () => {
    answers = [FINE, breaks, FINE];
    await http.send(ask());
    expect((await http.send(ask())).status).toBe(200);
    expect(pauses).toEqual([]);
    expect(sockets.size).toBe(2);
  });

  test('a POST goes over a connection of its own, and once, when the answer to it is lost', async () => {
    answers = [FINE, breaks, FINE];
    await http.send(ask());

    expect(await failureOf(http.send(ask('POST')))).toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    expect(sockets.size).toBe(2);
    expect(requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['breaks in the middle', ends('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half')],
    ['never ends', says('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half')],
  ])('a POST whose answer %s is not sent again', async (_, answer) => {
    answers = [answer];
    expect(await failureOf(http.send(ask('POST')))).toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    expect(requests).toHaveLength(1);
  });

  test('a POST whose connection was refused cannot have arrived, and is repeated', async () => {
    const url = new URL('http://127.0.0.1:1/');
    const error = await failureOf(http.send(ask('POST', { url })));
    expect(error).toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      facts: { reason: failureReason({ code: 'ECONNREFUSED' }) },
    });
    expect(pauses).toHaveLength(2);
  });
});

describe('time', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['silence', () => undefined],
    ['half a head', says('HTTP/1.1 200 OK\r\nContent-')],
    ['half a body', says('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{')],
  ])('%s is waited for no longer than the limit, and called by its name', async (_, answer) => {
    answers = [answer];
    const error = await failureOf(http.send(ask()));
    expect(error).toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      facts: { reason: expect.stringContaining('0.2 seconds') },
    });
    expect(requests).toHaveLength(1);
  });

  test('the limit is that of the whole answer, not of the next byte', async () => {
    const drips = (socket: Socket): void => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      const timer = setInterval(() => socket.write(' '), TIMEOUT_MS / 10);
      socket.on('close', () => clearInterval(timer));
    };
    answers = [drips];
    expect(await failureOf(http.send(ask('POST')))).toMatchObject({
      facts: { reason: expect.stringContaining('0.2 seconds') },
    });
  });
});

describe('what is no answer', () => {
  test.each<[string, string]>([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(100_000)}`],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('%s: CLOUD_BAD_RESPONSE, at once', async (_, bytes) => {
    answers = [says(bytes)];
    expect(await failureOf(http.send(ask()))).toMatchObject({ code: 'CLOUD_BAD_RESPONSE' });
    expect(requests).toHaveLength(1);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['an alert', (socket) => void socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46]))],
    ['a closed connection', breaks],
    ['a page', ends('HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n')],
  ])('a TLS port that gives plain HTTP %s is called by its name', async (_, answer) => {
    const directory = mkdtempSync(join(tmpdir(), 'praas-http-'));
    const secure = createTlsServer(certificate('localhost', directory)).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    server.removeAllListeners('connection');
    server.on('connection', (socket) => {
      sockets.add(socket.on('error', () => undefined));
      socket.once('data', (bytes) => {
        if (bytes[0] !== TLS_HANDSHAKE) return answer(socket);
        const behind = connect(portOf(secure), '127.0.0.1').on('error', () => undefined);
        // A pipe does not end the second connection when the first one is destroyed; afterEach does.
        sockets.add(behind);
        behind.write(bytes);
        return socket.pipe(behind).pipe(socket);
      });
    });

    const errors = [await failureOf(http.send(ask())), await failureOf(http.send(ask('POST')))];
    secure.close();
    rmSync(directory, { recursive: true });

    const facts = { service: 'network', reason: 'this port speaks TLS: use https://' };
    for (const error of errors) expect(error).toMatchObject({ code: 'CLOUD_BAD_RESPONSE', facts });
  });

  test('more than could be meant is not read to its end', async () => {
    const floods = (socket: Socket): void => {
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.on('drain', more);
      more();
    };
    answers = [floods];
    const error = await failureOf(httpOf({ timeoutMs: 20_000 }).send(ask()));
    expect(error).toMatchObject({ code: 'CLOUD_BAD_RESPONSE', message: expect.stringContaining('bytes') });
  });

  test.each<[string, (socket: Socket) => void]>([
    ['a change of protocol', says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')],
    ['a hint and nothing behind it', ends('HTTP/1.1 103 Early Hints\r\n\r\n')],
    ['a closed connection', breaks],
  ])('%s: CLOUD_UNAVAILABLE', async (_, answer) => {
    answers = [answer];
    expect(await failureOf(http.send(ask()))).toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
  });
});

describe('TLS', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'praas-http-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('a certificate is accepted with cacert, or without verification; otherwise the error has the reason', async () => {
    const { cert, key } = certificate('localhost', directory);
    const secure = createTlsServer({ cert, key }, (_, response) => void response.end('{}')).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const url = new URL(`https://localhost:${portOf(secure)}/`);
    const [unknown, known, any] = [httpOf({}), httpOf({ ca: cert }), httpOf({ verify: false })];
    const results = [
      await failureOf(unknown.send(ask('POST', { url }))),
      (await known.send(ask('POST', { url }))).status,
      (await known.send(ask('GET', { url }))).status,
      (await any.send(ask('POST', { url }))).status,
      (await any.send(ask('GET', { url }))).status,
    ];
    for (const each of [unknown, known, any]) each.close();
    secure.close();

    expect(results.slice(1)).toEqual([200, 200, 200, 200]);
    expect(results[0]).toMatchObject({ code: 'CLOUD_UNAVAILABLE', message: expect.stringContaining('cacert') });
  });
});

test('no failure shows what was sent', async () => {
  answers = [breaks];
  const error = (await failureOf(http.send(ask('POST', { body: { password: 'correct horse' } })))) as Error;
  const { message, stack, cause } = error;
  const shown = JSON.stringify([error, message, stack, cause, (cause as Error).message, (cause as Error).stack]);
  expect(shown).not.toMatch(/secret-token|correct horse/);
});
