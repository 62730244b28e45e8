/** One request, one whole response, or a reason. */

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import type { ApiRequest } from '../../../src/core/client/api-client.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { DaemonAddress } from '../../../src/system/http/daemon-address.ts';
import { DaemonClient, type Limits } from '../../../src/system/http/daemon-client.ts';
import { failureReason } from '../../../src/system/http/failure.ts';
import {
  answer,
  certificate,
  newDirectory,
  type Respond,
  type TestServer,
  testServer,
} from '../../pat/client/support.ts';
import { errorOf } from '../../support/fake-node.ts';

const TLS_HANDSHAKE = 0x16;
const BAD_REQUEST_PAGE =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html></html>';
const LIMITS: Limits = { silenceMs: 10_000, pauseMs: 1, maxBytes: 1000 };
const GET: ApiRequest = { method: 'GET', path: '/v1/mappings' };
const POST: ApiRequest = { method: 'POST', path: '/v1/mappings', body: { a: 'ü' } };
const KEYED: ApiRequest = { ...POST, idempotencyKey: 'k1' };

const directory = newDirectory();
afterAll(() => rmSync(directory, { recursive: true }));

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function clientOf(
  place: DaemonAddress,
  limits: Partial<Limits> = {},
  controller = new AbortController(),
): DaemonClient {
  const client = new DaemonClient(place, controller.signal, { ...LIMITS, ...limits });
  ends.push(() => client.close());
  return client;
}

async function serverOf(respond: Respond, options?: Parameters<typeof testServer>[1]): Promise<TestServer> {
  const server = await testServer(respond, options);
  ends.push(() => server.close());
  return server;
}

const at = (url: string, more: { token?: string; ca?: string } = {}): DaemonAddress => ({ kind: 'url', url, ...more });
const ok: Respond = (response) => answer(response, 200, { fine: true });
const broken: Respond = (response) => response.destroy();

/**
 * As nginx and Go do on one port: TLS goes to the server on `port`, plain HTTP gets a page that says 400. Gives its URL for plain
 * HTTP.
 */
async function pageBefore(port: number): Promise<string> {
  const proxy = createTcpServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (data) => {
        if (data[0] !== TLS_HANDSHAKE) return socket.end(BAD_REQUEST_PAGE);
        const behind = connect(port, '127.0.0.1').on('error', () => undefined);
        behind.write(data);
        return socket.pipe(behind).pipe(socket);
      });
  }).listen(0, '127.0.0.1');
  ends.push(() => proxy.close());
  await once(proxy, 'listening');
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

/** Why there is no answer, with whether the change may have been made. */
async function failureOf(client: DaemonClient, ask: ApiRequest): Promise<{ reason: unknown; isDoubtful: boolean }> {
  const error = await errorOf(client.send(ask));
  expect(error).toMatchObject({ code: 'DAEMON_UNREACHABLE', facts: { url: client.name } });
  return { reason: error.facts['reason'], isDoubtful: error.facts['may_have_changed'] === true };
}

const failed = (code: string, isDoubtful = false) => ({
  reason: failureReason({ code }),
  isDoubtful: isDoubtful,
});

describe('a request', () => {
  test('carries method, path, JSON, key and token, and its answer comes as it is, whatever the status', async () => {
    const server = await serverOf((response) => answer(response, 418, { tea: 'ä' }));

    const reply = await clientOf(at(`${server.url}/below`, { token: 'secret' })).send(KEYED);

    expect(reply).toEqual({ status: 418, text: '{"tea":"ä"}' });
    expect(server.asked).toEqual([
      {
        method: 'POST',
        url: '/below/v1/mappings',
        headers: expect.objectContaining({
          accept: 'application/json',
          'content-type': 'application/json',
          'idempotency-key': 'k1',
          'x-auth-token': 'secret',
        }),
        body: { a: 'ü' },
      },
    ]);
  });

  test('without a body or a token sends no headers for them', async () => {
    const server = await serverOf(ok);

    await clientOf(at(server.url)).send(GET);

    const headers = Object.keys(server.asked[0]?.headers ?? {});
    expect(headers.toSorted()).toEqual(['accept', 'connection', 'host', 'user-agent']);
  });

  test('goes over a Unix socket too', async () => {
    const path = join(directory, 'praas.sock');
    const server = await serverOf(ok, { path });

    const client = clientOf({ kind: 'socket', path });
    expect(await client.send(GET)).toEqual({ status: 200, text: '{"fine":true}' });
    expect(await client.send(POST)).toMatchObject({ status: 200 });

    expect(server.asked.map(({ url }) => url)).toEqual(['/v1/mappings', '/v1/mappings']);
    expect(client.name).toBe(path);
  });

  test('goes over TLS to whom the given authority vouches for', async () => {
    const tls = certificate('localhost', directory);
    const server = await serverOf(ok, { tls });

    expect(await clientOf(at(server.url, { ca: tls.cert })).send(GET)).toMatchObject({ status: 200 });
  });
});

describe('without an answer there is a reason', () => {
  test('where nothing listens', async () => {
    const server = await testServer(ok);
    await server.close();

    expect(await failureOf(clientOf(at(server.url)), POST)).toEqual(failed('ECONNREFUSED'));
  });

  test('where there is no such socket', async () => {
    const nowhere = join(directory, 'none.sock');

    expect(await failureOf(clientOf({ kind: 'socket', path: nowhere }), GET)).toEqual(failed('ENOENT'));
  });

  test.each([
    ['is not signed by a trusted authority', 'localhost', failureReason({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })],
    ['is for another name', 'elsewhere', failureReason({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })],
  ])('when the certificate %s', async (what, host, reason) => {
    const tls = certificate(host, directory);
    const server = await serverOf(ok, { tls });

    const ca = what === 'is not signed by a trusted authority' ? certificate('localhost', directory).cert : tls.cert;
    const failure = await failureOf(clientOf(at(server.url, { ca })), POST);
    expect(failure).toEqual({ reason: expect.stringContaining(reason), isDoubtful: false });
    expect(server.asked).toEqual([]);
  });

  test('when the authorities given are none', async () => {
    const server = await serverOf(ok, { tls: certificate('localhost', directory) });

    expect(await failureOf(clientOf(at(server.url, { ca: 'no PEM' })), POST)).toMatchObject({ isDoubtful: false });
    expect(server.asked).toEqual([]);
  });

  test('when one side speaks TLS and the other does not', async () => {
    const plain = await serverOf(ok);
    const secure = await serverOf(ok, { tls: certificate('localhost', directory) });

    expect(await failureOf(clientOf(at(plain.url.replace('http:', 'https:'))), POST)).toEqual(failed('EPROTO'));
    const reason = 'this port speaks TLS: use https://';
    for (const request of [GET, POST, KEYED])
      expect(await failureOf(clientOf(at(secure.url.replace('https:', 'http:'))), request)).toEqual({
        reason,
        isDoubtful: false,
      });
  });

  test('a page of a server that refuses plain HTTP on its TLS port', async () => {
    const tls = certificate('localhost', directory);
    const { port } = new URL((await serverOf(ok, { tls })).url);
    const page = await pageBefore(Number(port));
    const other = await serverOf((response) => response.writeHead(400, { 'Content-Type': 'text/html' }).end('<p>'));

    const error = await errorOf(clientOf(at(page)).send(POST));

    const reason = 'this port speaks TLS: use https://';
    expect(error).toMatchObject({ code: 'DAEMON_BAD_RESPONSE', facts: { url: page, reason } });
    expect(await clientOf(at(other.url)).send(POST)).toMatchObject({ status: 400, text: '<p>' });
  });

  test('a redirect names its Location, without what a terminal acts on', async () => {
    const moved = await serverOf((response) => response.writeHead(301, { Location: 'https://other/\u009b2J' }).end());
    const choices = await serverOf((response) => answer(response, 300, {}));

    expect(await errorOf(clientOf(at(moved.url)).send(GET))).toMatchObject({
      code: 'DAEMON_BAD_RESPONSE',
      facts: { url: moved.url, reason: 'HTTP 301 redirects to https://other/ 2J' },
    });
    expect(await clientOf(at(choices.url)).send(GET)).toMatchObject({ status: 300 });
  });

  test('when nothing comes for too long, before the answer or in the middle of it', async () => {
    const silent = await serverOf(() => undefined);
    const halting = await serverOf((response) => response.writeHead(200).write('{'));
    const silenceMs = 200;

    const reason = expect.stringContaining('0.2 seconds');
    expect(await failureOf(clientOf(at(silent.url), { silenceMs }), GET)).toEqual({ reason, isDoubtful: false });
    expect(await failureOf(clientOf(at(silent.url), { silenceMs }), POST)).toEqual({ reason, isDoubtful: true });
    expect(await failureOf(clientOf(at(halting.url), { silenceMs }), KEYED)).toEqual({ reason, isDoubtful: true });
  });

  test('when what answers is not HTTP, or is longer than the limit', async () => {
    const chatty = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')).listen(0, '127.0.0.1');
    ends.push(() => chatty.close());
    await once(chatty, 'listening');
    const address = chatty.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const large = await serverOf((response) => answer(response, 200, 'x'.repeat(LIMITS.maxBytes)));

    for (const [url, reason] of [
      [`http://127.0.0.1:${port}`, 'it does not speak HTTP'],
      [large.url, expect.stringContaining('more than 1000 bytes')],
    ] as const) {
      const error = await errorOf(clientOf(at(url)).send(GET));
      expect(error).toMatchObject({ code: 'DAEMON_BAD_RESPONSE', facts: { url, reason } });
    }
  });
});

describe('when the connection breaks before the answer', () => {
  test('a request with a key is made once more, with the same key, and the second answer counts', async () => {
    const server = await serverOf((response, asked, before) => (before === 0 ? broken : ok)(response, asked, before));

    expect(await clientOf(at(server.url)).send(KEYED)).toMatchObject({ status: 200 });

    expect(server.asked.map(({ headers }) => headers['idempotency-key'])).toEqual(['k1', 'k1']);
    expect(server.asked[1]?.body).toEqual(server.asked[0]?.body);
  });

  test('also in the middle of the answer', async () => {
    const server = await serverOf((response, asked, before) => {
      if (before > 0) return ok(response, asked, before);
      response.writeHead(200, { 'Content-Length': 100 }).write('{', () => response.destroy());
    });

    expect(await clientOf(at(server.url)).send(KEYED)).toEqual({ status: 200, text: '{"fine":true}' });
  });

  test('there is no third attempt, and the error is doubtful', async () => {
    const server = await serverOf(broken);

    expect(await failureOf(clientOf(at(server.url)), KEYED)).toEqual(failed('ECONNRESET', true));
    expect(server.asked).toHaveLength(2);
  });

  test('the doubt is reported too when the daemon does not listen any more', async () => {
    const server = await testServer((response) => {
      response.destroy();
      void server.close();
    });

    expect(await failureOf(clientOf(at(server.url), { pauseMs: 200 }), KEYED)).toEqual(failed('ECONNREFUSED', true));
  });

  test('a request without a key is not made again', async () => {
    const server = await serverOf(broken);

    expect(await failureOf(clientOf(at(server.url)), POST)).toMatchObject({ isDoubtful: true });
    expect(await failureOf(clientOf(at(server.url)), GET)).toMatchObject({ isDoubtful: false });
    expect(server.asked).toHaveLength(2);
  });
});

describe('interrupted', () => {
  const interruption = praasError('INTERRUPTED', { signal_number: 2 });

  test('while a change is waited for, the error has may_have_changed', async () => {
    const controller = new AbortController();
    const server = await serverOf(() => controller.abort(interruption));

    const error = await errorOf(clientOf(at(server.url), {}, controller).send(POST));

    expect(error).toMatchObject({ code: 'INTERRUPTED', facts: { signal_number: 2, may_have_changed: true } });
  });

  test('while a read is waited for, the error is the interruption itself', async () => {
    const controller = new AbortController();
    const server = await serverOf(() => controller.abort(interruption));

    expect(await errorOf(clientOf(at(server.url), {}, controller).send(GET))).toBe(interruption);
  });

  test('before a request, nothing is sent', async () => {
    const controller = new AbortController();
    const server = await serverOf(ok);
    controller.abort(interruption);

    expect(await errorOf(clientOf(at(server.url), {}, controller).send(KEYED))).toBe(interruption);
    expect(server.asked).toEqual([]);
  });

  test('before a repetition, nothing is sent again', async () => {
    const controller = new AbortController();
    const server = await serverOf((response) => {
      response.destroy();
      setTimeout(() => controller.abort(interruption), 50);
    });

    const error = await errorOf(clientOf(at(server.url), { pauseMs: 60_000 }, controller).send(KEYED));

    expect(error).toMatchObject({ code: 'INTERRUPTED', facts: { may_have_changed: true } });
    expect(server.asked).toHaveLength(1);
  });
});
