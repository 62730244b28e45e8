/** Limits of connections on a real listener. All connections come from loopback, from one of its many addresses. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Connections } from '../../../src/server/http/connections.ts';
import { Listener } from '../../../src/server/http/listener.ts';
import { waitUntil } from '../../support/executable.ts';

const [BLUE, RED, GREEN] = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];

let listener: Listener;
let connections: Connections;
let closedFor: string[];
let settings: { max_connections: number; max_connections_per_address: number };
let proxies: readonly string[];
/** Ends the requests to /slow. */
let answerSlow: PromiseWithResolvers<void>;
let sockets: Socket[];

beforeEach(async () => {
  closedFor = [];
  sockets = [];
  proxies = [];
  settings = { max_connections: 6, max_connections_per_address: 3 };
  answerSlow = Promise.withResolvers();
  connections = new Connections({
    settings: () => settings,
    mostPossible: 100,
    isProxy: (address) => proxies.includes(address),
    onClosed: (limit) => closedFor.push(limit),
  });
  listener = new Listener(
    { kind: 'tcp', host: '127.0.0.1', port: 0, tls: undefined },
    (request, response) => {
      const answer = (): void => void response.end('well');
      if (request.url === '/slow') void answerSlow.promise.then(answer);
      else answer();
    },
    (_, socket) => socket.destroy(),
    connections,
  );
  await listener.open();
});
afterEach(async () => {
  answerSlow.resolve();
  for (const socket of sockets) socket.destroy();
  await listener.close(0);
});

/** A connection from that address that has had an answer and is idle now; or gives undefined when it is closed instead. */
async function idle(from: string): Promise<Socket | undefined> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(listener.where).port), localAddress: from });
  sockets.push(socket);
  socket.on('error', () => undefined);
  return (await ask(socket, '/')) ? socket : undefined;
}

/** True when it is answered. */
async function ask(socket: Socket, path: string): Promise<boolean> {
  if (socket.destroyed) return false;
  socket.write(`GET ${path} HTTP/1.1\r\nHost: node\r\n\r\n`);
  return Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)]);
}

async function several(count: number, from: string): Promise<Socket[]> {
  const all: Socket[] = [];
  for (let n = 0; n < count; n++) {
    const socket = await idle(from);
    if (socket) all.push(socket);
  }
  return all;
}

test('one more of an address closes the one that has been idle longest, and none of another address', async () => {
  const blue = await several(3, BLUE);
  const red = await several(1, RED);
  expect(await idle(BLUE)).toBeDefined();

  await waitUntil(() => blue[0]?.closed ?? false);
  expect(closedFor).toEqual(['max_connections_per_address']);
  for (const socket of [...blue.slice(1), ...red]) expect(await ask(socket, '/')).toBe(true);
});

test('when all are in use, the address with most loses one that is idle', async () => {
  const blue = await several(3, BLUE);
  const red = await several(2, RED);
  await several(1, GREEN);
  expect(await idle(GREEN)).toBeDefined();

  await waitUntil(() => blue[0]?.closed ?? false);
  expect(closedFor).toEqual(['max_connections']);
  for (const socket of red) expect(await ask(socket, '/')).toBe(true);
});

test('a connection with a request under way is never closed; where all have one, a new one is refused', async () => {
  const blue = await several(3, BLUE);
  const answers = blue.map((socket) => ask(socket, '/slow'));
  // The requests have arrived before a later one is answered.
  expect(await idle(RED)).toBeDefined();
  expect(await idle(BLUE)).toBeUndefined();

  answerSlow.resolve();
  expect(await Promise.all(answers)).toEqual([true, true, true]);
  expect(await idle(BLUE)).toBeDefined();
});

test('a connection that has not sent a whole request is idle', async () => {
  const [slow] = await several(1, BLUE);
  slow?.write('GET / HTTP/1.1\r\nHo');
  await several(3, BLUE);

  await waitUntil(() => slow?.closed ?? false);
});

test('a trusted proxy may have as many as there are', async () => {
  proxies = [BLUE];
  expect(await several(6, BLUE)).toHaveLength(6);
  expect(closedFor).toEqual([]);
});

test.each([
  [6, 6],
  [100_000, 100],
  [-1, 100],
])('of a limit of %d, %d are in force where the process can have 100 open', (max_connections, most) => {
  settings = { ...settings, max_connections };
  expect(connections.most).toBe(most);
});
