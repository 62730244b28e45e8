/** The lab itself: what the other tests here take for granted. */
import { existsSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Service } from '../../lab/api.ts';
import { KEYSTONE } from '../../lab/place.ts';
import {
  fromOutside,
  gatewayOf,
  guest,
  inNamespace,
  lab,
  operatorToken,
  requireLab,
  routerOf,
  SEEN_BY,
  TENANTS,
} from '../support/lab.ts';

/** Of the gateways, and unused. */
const ROUTER_PORT = 6022;
const OPEN_PORT = 8080;
const SHUT_PORT = 9999;
const GATEWAY_INSIDE = '10.20.0.1';
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(requireLab);
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Starts a service in the server, and has the router send it what comes to its gateway. Gives how to end that. */
async function publish(router: string, server: string, port: number): Promise<() => Promise<unknown>> {
  await lab('listen', server, `${port}`);
  cleanups.push(() => lab('unlisten', server, `${port}`));
  const namespace = `qrouter-${(await routerOf(router)).id}`;
  const change = (verb: '-A' | '-D', rule: string): Promise<string> =>
    inNamespace(namespace, 'iptables', '-w', '-t', 'nat', verb, 'PREROUTING', ...rule.split(' '));
  const rule = `-d ${await gatewayOf(router)} -p tcp --dport ${ROUTER_PORT} -j DNAT --to ${guest(server).ip}:${port}`;
  await change('-A', rule);
  let ended: Promise<unknown> | undefined;
  const end = (): Promise<unknown> => (ended ??= change('-D', rule));
  cleanups.push(end);
  return end;
}

describe('the cloud', () => {
  test.each<[Service, string, string]>([
    ['identity', '/auth/projects', 'projects'],
    ['network', '/networks', 'networks'],
    ['compute', '/servers', 'servers'],
    ['image', '/images', 'images'],
  ])('%s answers a member', async (service, path, key) => {
    const { status, body } = await TENANTS.demo.ask(service, 'GET', path);

    expect(status).toBe(200);
    expect(body[key].length).toBeGreaterThan(0);
  });

  test('two tenants have a server of the same address, on ports and networks of their own', () => {
    const [web, otherweb] = [guest('web'), guest('otherweb')];

    expect(otherweb.ip).toBe(web.ip);
    expect(otherweb.port_id).not.toBe(web.port_id);
    expect(otherweb.network_id).not.toBe(web.network_id);
  });

  test("a member does not find the other tenant's router", async () => {
    const { id } = await routerOf('edge-other');

    expect((await TENANTS.other.ask('network', 'GET', `/routers/${id}`)).status).toBe(200);
    expect((await TENANTS.demo.ask('network', 'GET', `/routers/${id}`)).status).toBe(404);
  });

  test("the operator's token is good for the whole system", async () => {
    const headers = { 'X-Auth-Token': await TENANTS.admin.token(), 'X-Subject-Token': await operatorToken() };
    const answer = await fetch(`${KEYSTONE}/auth/tokens`, { headers });

    expect(await answer.json()).toMatchObject({ token: { system: { all: true }, user: { name: 'admin' } } });
  });
});

describe('packets', () => {
  test.each([
    ['edge', 'web'],
    ['edge-other', 'otherweb'],
  ])('a port of %s leads from outside to %s while a rule says so, not before and not after', async (router, server) => {
    const gateway = await gatewayOf(router);
    expect(await fromOutside(gateway, ROUTER_PORT)).toBe('refused');

    const end = await publish(router, server, OPEN_PORT);
    expect(await fromOutside(gateway, ROUTER_PORT)).toBe(SEEN_BY(server));

    await end();
    expect(await fromOutside(gateway, ROUTER_PORT)).toBe('refused');
  });

  test('a port that no security group opens is silent, although a service listens there', async () => {
    await publish('edge', 'web', SHUT_PORT);

    expect(await inNamespace('vm-web', 'curl', '-sS', '-m2', `http://${guest('web').ip}:${SHUT_PORT}/`)).toMatch(
      /^web/,
    );
    expect(await fromOutside(await gatewayOf('edge'), ROUTER_PORT)).toBe('timed out');
  });
});

test('a server that is made reaches its router, takes another address, and goes without a trace', async () => {
  const name = 'smoke';
  const ping = (): Promise<string> => inNamespace(`vm-${name}`, 'ping', '-c1', '-W2', GATEWAY_INSIDE);
  await lab('server', 'create', name);
  const { server_id, ip: firstIp } = guest(name);
  await ping();

  await lab('server', 'change-ip', name, '10.20.0.77');
  expect(guest(name).ip).not.toBe(firstIp);
  await ping();

  await lab('server', 'delete', name);
  expect((await TENANTS.demo.ask('compute', 'GET', `/servers/${server_id}`)).status).toBe(404);
  expect(existsSync(`/run/netns/vm-${name}`)).toBe(false);
});

test('a service that is stopped is away, and back when it was started', async () => {
  cleanups.push(() => lab('start', 'keystone'));

  await lab('stop', 'keystone');
  await expect(fetch(KEYSTONE)).rejects.toThrow('fetch failed');

  await lab('start', 'keystone');
  expect((await fetch(KEYSTONE)).status).toBe(200);
});
