/**
 * The limit of wrong tokens on a real server, as clients behind a load balancer meet it. Connections come from 127.0.0.1 and
 * 127.0.0.2, of which a test trusts the first one as a proxy or not.
 */
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { defaultPolicy } from '../../../src/core/identity/policy.ts';
import type { Requester } from '../../../src/core/identity/requester.ts';
import { createApp } from '../../../src/server/http/app.ts';
import { clientAddress } from '../../../src/server/http/client-address.ts';
import { Gate } from '../../../src/server/http/gate.ts';
import { Listener } from '../../../src/server/http/listener.ts';
import { HttpMetrics, ProcessMetrics } from '../../../src/server/http/metrics.ts';
import { RequestContext } from '../../../src/system/request-context.ts';
import { fakeNode, type ListLog } from '../../support/fake-node.ts';
import { tenant } from '../../support/requests.ts';
import { TOY_ACTIONS, toyApi } from './toy/api.ts';

const BALANCER = '127.0.0.1';
const OTHER = '127.0.0.2';
const MAX_FAILURES = 10;

interface Sent {
  readonly token: string;
  readonly from?: string;
  /** X-Forwarded-For. */
  readonly forwarded?: string;
}

let listener: Listener;
let log: ListLog;
/** Valid tokens with their requesters. */
let tokens: Map<string, Requester>;
let trustedProxies: readonly string[];

beforeEach(async () => {
  const node = fakeNode();
  log = node.log;
  tokens = new Map(['alice', 'bob'].map((name) => [name, tenant('member', 'blue', name)]));
  trustedProxies = [];
  const metrics = new ProcessMetrics();
  const gate = new Gate(
    { authenticate: async (token) => tokens.get(token) },
    () => ({ failed_authentications_per_minute: 10 }),
    () => undefined,
  );
  const addressOf = (asked: Parameters<typeof clientAddress>[0]): string | undefined =>
    clientAddress(asked, trustedProxies);
  const app = createApp({
    apis: [toyApi(metrics.registry)],
    publicRoutes: [],
    authenticate: (asked) =>
      gate.authenticate({ address: addressOf(asked) ?? 'unknown', token: asked.get('X-Auth-Token') }),
    addressOf,
    policy: defaultPolicy(TOY_ACTIONS),
    context: new RequestContext(),
    metrics: new HttpMetrics(metrics.registry),
    clock: node.clock,
    newId: () => '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11',
    log,
  });
  listener = new Listener({ kind: 'tcp', host: '0.0.0.0', port: 0, tls: undefined }, app, (_, socket) =>
    socket.destroy(),
  );
  await listener.open();
});
afterEach(() => listener.close(0));

function statusOf({ token, from = BALANCER, forwarded }: Sent): Promise<number> {
  const { port } = new URL(listener.where);
  const headers = { 'X-Auth-Token': token, ...(forwarded !== undefined && { 'X-Forwarded-For': forwarded }) };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/v1/bells', localAddress: from, headers, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
}

async function sendWrong(count: number, sent: Omit<Sent, 'token'> = {}): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++) statuses.push(await statusOf({ ...sent, token: `wrong-${n}` }));
  return statuses;
}

const REFUSED = [...Array<number>(MAX_FAILURES).fill(401), 429];

describe('behind a load balancer that is not a trusted proxy', () => {
  test('wrong tokens of one client do not lock out a token that was valid from there before', async () => {
    expect(await statusOf({ token: 'alice' })).toBe(200);

    expect(await sendWrong(MAX_FAILURES + 1)).toEqual(REFUSED);

    expect(await statusOf({ token: 'alice' })).toBe(200);
    // A token that was never valid from there cannot be told from a guess.
    expect(await statusOf({ token: 'bob' })).toBe(429);
    expect(await statusOf({ token: 'wrong' })).toBe(429);
  });

  test('a known token that is revoked passes no more, and counts as a wrong one', async () => {
    await statusOf({ token: 'alice' });
    tokens.delete('alice');

    expect(await sendWrong(MAX_FAILURES - 1)).toEqual(Array<number>(MAX_FAILURES - 1).fill(401));
    expect(await statusOf({ token: 'alice' })).toBe(401);
    expect(await statusOf({ token: 'alice' })).toBe(429);
  });

  test('a token that is known from one address is not known from another', async () => {
    await statusOf({ token: 'alice' });

    expect(await sendWrong(MAX_FAILURES + 1, { from: OTHER })).toEqual(REFUSED);
    expect(await statusOf({ token: 'alice', from: OTHER })).toBe(429);
  });
});

describe('behind a trusted proxy', () => {
  beforeEach(() => {
    trustedProxies = [`${BALANCER}/32`];
  });

  test('the limit is that of the client: wrong tokens of one delay no other', async () => {
    expect(await sendWrong(MAX_FAILURES + 1, { forwarded: '198.51.100.7' })).toEqual(REFUSED);

    expect(await statusOf({ token: 'bob', forwarded: '198.51.100.7' })).toBe(429);
    expect(await statusOf({ token: 'bob', forwarded: '198.51.100.8' })).toBe(200);
    expect(log.lines.at(-1)?.details).toMatchObject({ address: '198.51.100.8', requester: 'bob' });
  });

  test('a client that sends the header itself stays the same client', async () => {
    const statuses: number[] = [];
    for (let n = 0; n <= MAX_FAILURES; n++)
      statuses.push(await statusOf({ token: `wrong-${n}`, forwarded: `192.0.2.${n}, 198.51.100.7` }));

    expect(statuses).toEqual(REFUSED);
  });

  test('a client that connects without the proxy gains nothing by the header', async () => {
    const statuses: number[] = [];
    for (let n = 0; n <= MAX_FAILURES; n++)
      statuses.push(await statusOf({ token: `wrong-${n}`, from: OTHER, forwarded: `192.0.2.${n}` }));

    expect(statuses).toEqual(REFUSED);
    expect(log.lines.at(-1)?.details).toMatchObject({ address: OTHER });
  });

  test('once the proxy is no longer trusted, its clients share one limit again', async () => {
    trustedProxies = [];
    const statuses: number[] = [];
    for (let n = 0; n <= MAX_FAILURES; n++)
      statuses.push(await statusOf({ token: `wrong-${n}`, forwarded: `192.0.2.${n}` }));

    expect(statuses).toEqual(REFUSED);
    expect(await statusOf({ token: 'bob', forwarded: '198.51.100.8' })).toBe(429);
  });
});
