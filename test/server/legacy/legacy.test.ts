/** The legacy API on the service: the contract with the Proxy CLI, and situations that need a node in memory. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { praasError } from '../../../src/pat/errors.ts';
import type { MappingStore } from '../../../src/pat/interfaces/store.ts';
import { createApp } from '../../../src/server/http/app.ts';
import { peerAddress } from '../../../src/server/http/client-address.ts';
import { HttpMetrics, ProcessMetrics } from '../../../src/server/http/metrics.ts';
import { legacyRouter } from '../../../src/server/legacy/router.ts';
import { RequestContext } from '../../../src/system/request-context.ts';
import { type FakeNode, fakeNode, POLICY } from '../../support/fake-node.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { ProxyCli, pathOf, send, type Target } from '../../support/proxy-cli.ts';
import { proxyCliContract } from '../../support/proxy-cli-contract.ts';
import { POLICY_BY_DEFAULT } from '../../support/requests.ts';
import { FACTS, GATEWAY, idOf, MAPPING, REQUEST, ROUTER, recordWith } from '../../support/samples.ts';

const NAMESPACE = FACTS.namespace;
const FLOATING = '203.0.113.11';
const SSH: Target = { router_id: NAMESPACE, gateway: GATEWAY, server_ip: '10.20.0.51', server_port: '22' };
const WEB: Target = { ...SSH, server_ip: '10.20.0.52', server_port: '80' };

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await close(server);
});

/** The API of the node with its old routes and nothing else. Gives where it is. */
async function serve({ pat, clock, log }: Pick<FakeNode, 'pat' | 'clock' | 'log'>): Promise<[string, Server]> {
  const context = new RequestContext();
  let requests = 0;
  const app = createApp({
    apis: [],
    publicRoutes: [
      legacyRouter({
        pat,
        clock,
        log: context.logger(log),
        allowed: () => [],
        addressOf: peerAddress,
        nodeNames: ['node'],
      }),
    ],
    addressOf: peerAddress,
    policy: POLICY_BY_DEFAULT,
    authenticate: () => Promise.reject(praasError('UNAUTHENTICATED', { reason: 'no token was given' })),
    context,
    metrics: new HttpMetrics(new ProcessMetrics().registry),
    clock,
    newId: () => String(++requests),
    log,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return [`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server];
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

interface Stage {
  readonly node: FakeNode;
  readonly cli: ProxyCli;
  readonly url: string;
}

async function stage(store: MappingStore = new MemoryStore()): Promise<Stage> {
  const node = fakeNode({ store });
  const [url, server] = await serve(node);
  servers.push(server);
  return { node, cli: new ProxyCli(url), url };
}

proxyCliContract('the routes alone', async () => {
  const [baseUrl, server] = await serve(fakeNode());
  return {
    baseUrl,
    router_id: NAMESPACE,
    gateway: GATEWAY,
    serverIps: ['10.20.0.51', '10.20.0.52'],
    range: POLICY.router_port_range,
    remove: () => close(server),
  };
});

test('a new mapping has no project and no name, and is in the kernel', async () => {
  const { node, cli } = await stage();

  await cli.create(SSH);

  const { mappings } = await node.pat.list();
  expect(mappings).toEqual([{ ...MAPPING, counters: null }]);
  expect(node.router.entries.map(({ forward }) => forward?.router_port)).toEqual([4000]);
});

test('the tables are in the order of addresses and ports, not of texts', async () => {
  const { cli, url } = await stage();
  for (const [server_ip, server_port] of [
    ['10.20.0.100', '22'],
    ['10.20.0.9', '443'],
    ['10.20.0.9', '80'],
  ] as const)
    await cli.create({ ...SSH, server_ip, server_port });

  const { text } = await send(url, { method: 'GET', path: `/router_pat?router_id=${NAMESPACE}` });

  expect(text).toBe('{"10.20.0.9:80":"4002","10.20.0.9:443":"4001","10.20.0.100:22":"4000"}');
});

test('a UDP mapping is not there: neither shown nor removed, and the TCP port of that number is created', async () => {
  const { node, cli } = await stage();
  const udp = (await node.pat.create({ ...REQUEST, protocol: 'udp', router_port: 4000 })).value;

  expect(await cli.list(NAMESPACE)).toEqual([]);
  expect((await cli.remove(SSH)).answer['status']).toBe('NO CREATED');
  expect((await cli.modify(SSH, '4003')).answer['status']).toBe('NO CREATED');
  expect((await cli.create(SSH)).answer['status']).toBe('SUCCESS');
  expect(await cli.table(SSH)).toEqual({ 22: '4000' });
  expect((await node.pat.list()).mappings).toContainEqual(udp);
});

test('of two mappings of one server port the lowest router port counts, until it is gone', async () => {
  const { node, cli } = await stage();
  for (const router_port of [4003, 4001, 4002]) await node.pat.create({ ...REQUEST, router_port });

  expect(await cli.table(SSH)).toEqual({ 22: '4001' });
  expect((await cli.create(SSH)).answer).toMatchObject({ status: 'CREATED', created_router_port: '4001' });
  expect((await cli.modify(SSH, '4000')).answer).toMatchObject({ modified_router_port: '4001' });
  expect((await cli.remove(SSH)).answer).toMatchObject({ remove_router_port: '4000' });
  expect(await cli.table(SSH)).toEqual({ 22: '4002' });
});

test('a change is about the mapping on the gateway named, whichever port others have', async () => {
  const { node, cli } = await stage();
  await node.pat.create({ ...REQUEST, gateway_ip: FLOATING, router_port: 4000 });

  expect((await cli.remove(SSH)).answer['status']).toBe('NO CREATED');
  expect((await cli.create(SSH)).answer).toMatchObject({ status: 'SUCCESS', create_router_port: '4000' });
  expect((await cli.modify({ ...SSH, gateway: FLOATING }, '4003')).answer['status']).toBe('SUCCESS');
  const { mappings } = await node.pat.list();
  expect(mappings.map(({ gateway_ip, router_port }) => [gateway_ip, router_port])).toEqual([
    [GATEWAY, 4000],
    [FLOATING, 4003],
  ]);
});

test.each([
  ['disabled', { enabled: false }],
  ['expired', { expires_at: '2029-12-31T23:59:59Z' }],
])('a mapping that is %s is not there, stays as it is, and another one is created', async (_, off) => {
  const { node, cli } = await stage(new MemoryStore([recordWith([{ ...MAPPING, id: idOf(7), ...off }])]));

  expect(await cli.list(NAMESPACE)).toEqual([]);
  expect((await cli.remove(SSH)).answer['status']).toBe('NO CREATED');
  expect((await cli.modify(SSH, '4003')).answer['status']).toBe('NO CREATED');
  const { answer } = await cli.create(SSH);
  expect(answer).toMatchObject({ status: 'SUCCESS', create_router_port: '4001' });
  expect((await cli.create(SSH)).answer).toMatchObject({ status: 'CREATED', created_router_port: '4001' });
  expect((await node.pat.list()).mappings).toContainEqual(expect.objectContaining({ id: idOf(7), ...off }));
});

test('a mapping disappears from the tables when it expires', async () => {
  const { node, cli } = await stage();
  await node.pat.create({ ...REQUEST, expires_at: '2030-01-01T00:00:10Z' });

  expect(await cli.table(SSH)).toEqual({ 22: '4000' });
  node.clock.advance(10);
  expect(await cli.table(SSH)).toEqual({});
});

test('a mapping that is DOWN is shown with the reason, and can be removed', async () => {
  const { node, cli } = await stage();
  await cli.create(SSH);
  node.dataplane.lose(ROUTER);

  expect(await cli.table(SSH)).toEqual({ 22: '4000' });
  const { mappings } = await node.pat.list();
  const why = mappings[0]?.status_reason ?? '';
  expect(why).not.toBe('');
  expect((await cli.modify(SSH, '4003')).answer).toMatchObject({
    status: 'SUCCESS',
    message: expect.stringContaining(why),
  });
  expect((await cli.remove(SSH)).answer['status']).toBe('REMOVED');
  expect(await cli.list(NAMESPACE)).toEqual([]);
});

test('a port that a rule of another program keeps open is removed and moved with a message of that', async () => {
  const { node, cli } = await stage();
  const rule = { protocol: 'tcp', cidr: `${GATEWAY}/32`, kind: 'rule', text: '-A PREROUTING -j DNAT' } as const;
  const open = { message: expect.stringContaining(rule.text) };
  await cli.create(SSH);
  expect((await cli.modify(SSH, '4001')).answer).not.toMatchObject(open);
  node.router.portsInUse = [{ ...rule, first: 4001, last: 4002 }];
  await node.pat.sync(ROUTER);

  expect((await cli.modify(SSH, '4003')).answer).toMatchObject({ status: 'SUCCESS', ...open });
  node.router.portsInUse = [{ ...rule, first: 4003, last: 4003 }];
  await node.pat.sync(ROUTER);
  expect((await cli.remove(SSH)).answer).toMatchObject({ status: 'REMOVED', ...open });

  node.router.portsInUse = [];
  await node.pat.sync(ROUTER);
  await cli.create(SSH);
  expect((await cli.remove(SSH)).answer).not.toMatchObject(open);
});

test.each([
  ['an unmanaged rule', 4003, '-A X'],
  ['a process in the router', 4002, 'sshd'],
  ['the operator', 500, 'reserved_ports'],
])('a port that %s has is USED, and the message names what has it', async (_, port, user) => {
  const { node, cli } = await stage();
  const claim = { protocol: 'tcp', cidr: '0.0.0.0/0' } as const;
  node.router.portsInUse = [{ ...claim, first: 4003, last: 4003, kind: 'rule', text: '-A X' }];
  node.router.listeners = [{ ...claim, first: 4002, last: 4002, kind: 'listener', text: 'sshd' }];
  await cli.create(SSH);

  const told = await cli.modify(SSH, String(port));

  expect(told.httpStatus).toBe(200);
  expect(told.answer).toEqual({
    status: 'USED',
    modified_router_port: '4000',
    server_ip: '10.20.0.51',
    modify_server_port: '22',
    modify_router_port: String(port),
    gateway: GATEWAY,
    message: expect.stringContaining(user),
  });
  for (const fact of [`${GATEWAY}:${port}`, '10.20.0.51:22', '4000']) expect(told.answer['message']).toContain(fact);
  expect(await cli.table(SSH)).toEqual({ 22: '4000' });
});

test('of many that move one mapping at once each gets the port that it found', async () => {
  const { cli } = await stage();
  await cli.create(SSH);
  const targets = ['4001', '4002', '4003', '5000', '5001'];

  const told = await Promise.all(targets.map((port) => cli.modify(SSH, port)));

  const moves = new Map(told.map(({ answer }) => [answer['modified_router_port'], answer['modify_router_port']]));
  const walk = ['4000'];
  for (let next = moves.get('4000'); next !== undefined; next = moves.get(next)) walk.push(next);
  expect(walk.toSorted()).toEqual(['4000', ...targets]);
  expect(await cli.table(SSH)).toEqual({ 22: walk.at(-1) });
});

test('of many that move one mapping to the same port at once one gets SUCCESS, the others USED', async () => {
  const { cli } = await stage();
  await cli.create(SSH);

  const told = await Promise.all(Array.from({ length: 5 }, () => cli.modify(SSH, '4003')));

  const words = told.map(({ answer }) => answer['status']).toSorted();
  expect(words).toEqual(['SUCCESS', 'USED', 'USED', 'USED', 'USED']);
  for (const { answer } of told.filter((each) => each.answer['status'] === 'USED'))
    expect(answer).toMatchObject({ modified_router_port: '4003', modify_router_port: '4003' });
  expect(await cli.table(SSH)).toEqual({ 22: '4003' });
});

test('of many that remove one mapping at once one gets REMOVED', async () => {
  const { cli } = await stage();
  await cli.create(SSH);

  const told = await Promise.all(Array.from({ length: 5 }, () => cli.remove(SSH)));

  const words = told.map(({ answer }) => answer['status']).toSorted();
  expect(words).toEqual(['NO CREATED', 'NO CREATED', 'NO CREATED', 'NO CREATED', 'REMOVED']);
});

test('a mapping that leads elsewhere when the change has its turn is left alone', async () => {
  const { node, cli } = await stage();
  const mapping = (await node.pat.create(REQUEST)).value;
  const other = node.pat.update(mapping.id, { server_ip: '10.20.0.99' });

  const [removed, moved] = await Promise.all([cli.remove(SSH), cli.modify(SSH, '4003'), other]);

  expect([removed.answer['status'], moved.answer['status']]).toEqual(['NO CREATED', 'NO CREATED']);
  expect((await node.pat.get(mapping.id)).router_port).toBe(4000);
});

class FullStore extends MemoryStore {
  override transaction(): never {
    throw praasError('STORE_FULL', { path: '/srv/state/x.journal' });
  }
}

test('a full disk is an ERROR with 503 and the reason, and the tables go on', async () => {
  const { cli } = await stage(new FullStore([recordWith([MAPPING])]));

  for (const told of [await cli.create(WEB), await cli.remove(SSH), await cli.modify(SSH, '4003')]) {
    expect(told.httpStatus).toBe(503);
    expect(told.answer).toEqual({ status: 'ERROR', message: expect.stringContaining('/srv/state/x.journal') });
  }
  expect(await cli.table(SSH)).toEqual({ 22: '4000' });
});

test('a record that cannot be read is an ERROR, not an empty table', async () => {
  const { node, url } = await stage();
  node.store.read = () => Promise.reject(praasError('STORE_UNREADABLE', { path: '/srv/state/x', reason: 'I/O error' }));

  const reply = await send(url, { method: 'GET', path: `/router_pat?router_id=${NAMESPACE}` });

  expect(reply.httpStatus).toBe(503);
  expect(reply.answer).toEqual({ status: 'ERROR', message: expect.stringMatching(/\/srv\/state\/x.*I\/O error/) });
});

test('the output of the kernel is one line in the message', async () => {
  const { node, cli } = await stage();
  node.dataplane.refuseNext(ROUTER);

  const told = await cli.create(SSH);

  expect(told.httpStatus).toBe(500);
  const { message } = told.answer;
  expect(message).toMatch(/^\P{Cc}+$/u);
  // Of two lines the second one follows the first, with a space between.
  for (const fact of [ROUTER, ' line 2', 'told to refuse']) expect(message).toContain(fact);
});

test('of a bug the message has only the request ID, and the log has the rest', async () => {
  const { node, cli } = await stage();
  node.dataplane.failNext('observe', new TypeError('secret is not a function'));

  const told = await cli.create(SSH);

  const request_id = String(told.headers['x-openstack-request-id']);
  expect(told.httpStatus).toBe(500);
  expect(told.answer).toEqual({ status: 'ERROR', message: expect.stringContaining(request_id) });
  expect(told.text).not.toContain('secret');
  const line = node.log.lines.find(({ message }) => message === 'request failed');
  expect(line?.details).toMatchObject({ request_id, error: 'secret is not a function', stack: expect.any(String) });
});

test('changes are logged with the address of the client, lists are not', async () => {
  const { node, cli } = await stage();

  const told = await cli.create(SSH);

  expect(node.log.lines.filter(({ details }) => details?.['address'] !== undefined)).toEqual([
    {
      level: 'info',
      message: 'legacy request ended',
      details: { path: '/pat/create', address: '127.0.0.1', response: told.answer, request_id: expect.any(String) },
    },
  ]);
});

/** Every call of the contract, each of which would do something. */
const CALLS: readonly { readonly path: string; readonly parameters: readonly [string, string][] }[] = [
  { path: '/router_pat', parameters: [['router_id', NAMESPACE]] },
  {
    path: '/router_server_pat',
    parameters: [
      ['router_id', NAMESPACE],
      ['server_ip', '10.20.0.51'],
    ],
  },
  { path: '/pat/create', parameters: parametersFor('10.20.0.52', ['create_server_port', '22']) },
  { path: '/pat/remove', parameters: parametersFor('10.20.0.51', ['remove_server_port', '22']) },
  {
    path: '/pat/modify',
    parameters: parametersFor('10.20.0.51', ['modify_server_port', '22'], ['modify_router_port', '4003']),
  },
];

function parametersFor(server_ip: string, ...ports: readonly [string, string][]): [string, string][] {
  return [['server_ip', server_ip], ['router_id', NAMESPACE], ['gateway', GATEWAY], ...ports];
}

const hostile = fc.oneof(
  fc.constantFrom('', '..', '-1', '0', '65536', '1e3', '22 ', '２２', '::1', '0.0.0.0', '255.255.255.255', 'qrouter-'),
  fc.constantFrom(
    '$(reboot)',
    "'; flush ruleset",
    '-F',
    '../../etc/passwd',
    '%00',
    'a\u0000b',
    '\r\nX: y',
    '__proto__',
  ),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('0', '1', '.', '/', '-', ':', 'q', ' ') }),
);

/** A call with one of its parameters left out, doubled, or made something else that means nothing. */
const spoiled = fc
  .tuple(fc.constantFrom(...CALLS), fc.nat(), fc.constantFrom('drop', 'double', 'replace'), hostile)
  .map(([{ path, parameters }, index, how, value]) => {
    const chosen = parameters[index % parameters.length] ?? ['', ''];
    const others = parameters.filter((each) => each !== chosen);
    const meansSomething = chosen[0].endsWith('port') && /^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65_535;
    if (how === 'drop' || meansSomething) return pathOf(path, others);
    if (how === 'double') return pathOf(path, [...others, chosen, chosen]);
    return pathOf(path, [...others, [chosen[0], value]]);
  });

/** Not encoded: any characters that a request line can have. */
const raw = fc
  .tuple(
    fc.constantFrom(...CALLS.map(({ path }) => path)),
    fc.array(
      fc.constantFrom('%', 'f0', '%00', '%ff', '&', '=', '?', '[', ']', '+', '~', 'router_id', 'server_ip', 'a'),
    ),
  )
  .map(([path, pieces]) => `${path}?${pieces.join('')}`);

test('whatever is asked, nothing fails inside, nothing changes, and the answer has the old form', async () => {
  const { node, url } = await stage(new MemoryStore([recordWith([MAPPING])]));
  await node.pat.sync(ROUTER);
  const state = async (): Promise<unknown> => [(await node.pat.list()).mappings, node.router.inPlace()];
  const before = await state();
  const method = fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'OPTIONS');

  await fc.assert(
    fc.asyncProperty(fc.oneof(spoiled, raw), method, async (path, by) => {
      const { httpStatus, answer } = await send(url, { method: by, path });

      expect(httpStatus).toBeLessThan(500);
      expect(Object.values(answer).filter((text) => typeof text !== 'string')).toEqual([]);
      if (httpStatus !== 200) {
        expect(Object.keys(answer)).toEqual(['status', 'message']);
        expect(answer['status']).toBe('ERROR');
        expect(answer['message']).toMatch(/^\P{Cc}+$/u);
      }
      expect(await state()).toEqual(before);
    }),
    { numRuns: 500 },
  );
});

test.each(['/PAT/create', '/Router_Pat', '/router_pat/'])('%s is no route of theirs', async (path) => {
  const [url, server] = await serve(fakeNode());
  servers.push(server);
  const response = await fetch(url + path, { method: path.includes('create') ? 'POST' : 'GET' });

  expect(response.status).toBeGreaterThanOrEqual(401);
  expect(response.status).toBeLessThan(500);
});
