/** Who may use the legacy API: the address of the client decides; its headers can only take access away. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import { clientAddress } from '../../../src/server/http/client-address.ts';
import { legacyRouter } from '../../../src/server/legacy/router.ts';
import { fakeNode } from '../../support/fake-node.ts';
import { pathOf, type Reply, send } from '../../support/proxy-cli.ts';
import { FACTS, GATEWAY } from '../../support/samples.ts';

const CREATE = pathOf('/pat/create', [
  ['server_ip', '10.20.0.51'],
  ['router_id', FACTS.namespace],
  ['create_server_port', '22'],
  ['gateway', GATEWAY],
]);

let directory: string;
let servers: Server[];
let node: ReturnType<typeof fakeNode>;
let allowed: readonly string[];
let trustedProxies: readonly string[];
/** The address from which requests over TCP appear to come. */
let remoteAddress: string | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'praas-legacy-'));
  servers = [];
  node = fakeNode();
  allowed = [];
  trustedProxies = [];
  remoteAddress = '127.0.0.1';
});

afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(directory, { recursive: true, force: true });
});

async function listen(server: Server, ...where: [path: string] | [port: number, host: string]): Promise<Server> {
  servers.push(server);
  await new Promise<void>((resolve) => {
    if (where.length === 1) server.listen(where[0], resolve);
    else server.listen(where[0], where[1], resolve);
  });
  return server;
}

function app(): express.Express {
  const { pat, clock, log } = node;
  const addressOf = (request: express.Request): string | undefined => clientAddress(request, trustedProxies);
  return express().use(
    legacyRouter({ pat, clock, log, allowed: () => allowed, addressOf, nodeNames: ['Network-1', 'network-1.example'] }),
  );
}

/** The routes, for clients at `remoteAddress`. Gives their URL. */
async function serve(): Promise<string> {
  const handle = app();
  const server = createServer((request, response) => {
    Object.defineProperty(request.socket, 'remoteAddress', { value: remoteAddress });
    handle(request, response);
  });
  return urlOf(await listen(server, 0, '127.0.0.1'));
}

async function create(headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return send(await serve(), { method: 'POST', path: CREATE, headers });
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const mappings = async (): Promise<number> => (await node.pat.list()).mappings.length;

/** Refused in the old form, with a message that names these facts, and nothing is created. */
async function expectRefused(reply: Reply, ...facts: readonly string[]): Promise<void> {
  expect(reply.httpStatus).toBe(403);
  expect(reply.answer).toEqual({ status: 'ERROR', message: expect.any(String) });
  for (const fact of facts) expect(reply.answer['message']).toContain(fact);
  expect(await mappings()).toBe(0);
}

/** What lists the addresses that may use the routes. */
const KEY = 'legacy_api_allow';

test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])(
  '%s is this node',
  async (address) => {
    remoteAddress = address;

    expect((await create()).answer['status']).toBe('SUCCESS');
  },
);

test.each([
  ['198.51.100.7', '198.51.100.7'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['126.255.255.255', '126.255.255.255'],
  ['128.0.0.1', '128.0.0.1'],
  ['::2', '::2'],
  ['::ffff:7f00:1', '::ffff:7f00:1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['2001:db8::7', '2001:db8::7'],
])('%s is refused', async (address, shown) => {
  remoteAddress = address;

  await expectRefused(await create(), shown, KEY);
});

test('addresses and networks of the list are allowed, as the list is at that moment', async () => {
  remoteAddress = '::ffff:198.51.100.7';
  await expectRefused(await create(), '198.51.100.7', KEY);

  allowed = ['192.0.2.1', '198.51.100.0/29'];
  expect((await create()).answer['status']).toBe('SUCCESS');

  allowed = ['192.0.2.1', '198.51.100.8/29'];
  expect((await create()).httpStatus).toBe(403);
});

test('a list with all of IPv4 does not allow IPv6', async () => {
  allowed = ['0.0.0.0/0'];
  remoteAddress = '2001:db8::7';

  await expectRefused(await create(), '2001:db8::7', KEY);
});

test.each(['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Client-IP'])('%s grants nothing', async (header) => {
  remoteAddress = '198.51.100.7';

  await expectRefused(
    await create({ [header]: header === 'Forwarded' ? 'for=127.0.0.1' : '127.0.0.1' }),
    '198.51.100.7',
    KEY,
  );
});

describe('behind a trusted proxy', () => {
  const PROXY = '198.51.100.7';
  const CLIENT = '192.0.2.9';
  const ask = (client: string): Promise<Reply> => create({ 'X-Forwarded-For': client });

  beforeEach(() => {
    remoteAddress = PROXY;
    trustedProxies = [PROXY];
  });

  test('the client has to be allowed, and the proxy too', async () => {
    allowed = [PROXY];
    await expectRefused(await ask(CLIENT), CLIENT, KEY);
    allowed = [CLIENT];
    await expectRefused(await ask(CLIENT), PROXY, KEY);

    allowed = [PROXY, CLIENT];
    expect((await ask(CLIENT)).answer['status']).toBe('SUCCESS');
    expect(node.log.lines.at(-1)?.details).toMatchObject({ address: CLIENT });
  });

  test('a client that the proxy reports as loopback gains nothing from it', async () => {
    await expectRefused(await ask('127.0.0.1'), PROXY, KEY);
  });

  test('on this node the client of the proxy is not taken for this node', async () => {
    remoteAddress = '127.0.0.1';
    trustedProxies = ['127.0.0.0/8'];

    await expectRefused(await ask(CLIENT), CLIENT, KEY);
    expect((await create()).answer['status']).toBe('SUCCESS');
  });
});

test.each(['/router_pat', '/router_server_pat', '/pat/create', '/pat/remove', '/pat/modify'])(
  '%s is refused before its parameters are parsed, whatever the method',
  async (path) => {
    remoteAddress = '198.51.100.7';
    const url = await serve();

    for (const method of ['GET', 'POST', 'PUT', 'OPTIONS']) {
      await expectRefused(await send(url, { method, path }), '198.51.100.7', KEY);
    }
    expect(node.dataplane.calls.filter((call) => call !== 'routers')).toEqual([]);
  },
);

test("a client of root's socket is allowed", async () => {
  const socket_path = join(directory, 'socket');
  await listen(createServer(app()), socket_path);

  const reply = await send('http://localhost', { method: 'POST', path: CREATE, socket_path });

  expect(reply.answer['status']).toBe('SUCCESS');
  expect(node.log.lines.at(-1)?.details).toMatchObject({ address: 'socket' });
});

test('a client whose connection is gone has no address, and is not taken for one of the socket', async () => {
  const handle = app();
  const answers: number[] = [];
  const gone = createServer((request, response) => {
    if (request.socket.remoteAddress === undefined) {
      handle(request, response);
      answers.push(response.statusCode);
    } else response.end();
  });
  const { port } = (await listen(gone, 0, '127.0.0.1')).address() as AddressInfo;

  while (answers.length < 3) {
    const client = connect(port, '127.0.0.1', () => {
      client.write(`POST ${CREATE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n`);
      client.resetAndDestroy();
    });
    await new Promise((resolve) => client.once('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  expect(new Set(answers)).toEqual(new Set([403]));
  expect(await mappings()).toBe(0);
});

test('a client without an address is refused', async () => {
  remoteAddress = undefined;

  await expectRefused(await create());
});

test.each([
  { Origin: 'http://127.0.0.1:3000' },
  { Origin: 'null' },
  { Origin: '' },
  { 'Sec-Fetch-Site': 'same-origin' },
])('headers that only browsers send are refused: %j', async (headers) => {
  await expectRefused(await create(headers));
});

test.each([
  '127.0.0.1',
  '127.0.0.1:3000',
  '192.0.2.1:3000',
  '[::1]',
  '[2001:db8::1]:3000',
  'localhost',
  'LOCALHOST:3000',
  'network-1',
  'Network-1.example:3000',
])('the host %s is this node', async (host) => {
  expect((await create({ Host: host })).answer['status']).toBe('SUCCESS');
});

test.each([
  'evil.example',
  'evil.example:3000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '127.0.0.1@evil.example',
  'network-1.evil.example',
  'network-10',
  '127.1',
  '0x7f.0.0.1',
  '[evil.example]',
  '[127.0.0.1]',
  '[::1',
  '::1',
  '127.0.0.1:80:80',
  '127.0.0.1 evil.example',
])('the host %j is another one', async (host) => {
  await expectRefused(await create({ Host: host }));
});

test('a request without a host is not from a browser', async () => {
  const server = await listen(createServer(app()), 0, '127.0.0.1');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');

  client.end(`POST ${CREATE} HTTP/1.0\r\n\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk as Buffer);

  expect(Buffer.concat(chunks).toString()).toContain('{"status":"SUCCESS"');
});
