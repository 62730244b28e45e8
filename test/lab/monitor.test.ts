/** Mappings follow their servers: real services, real events, real packets. Without events the same, a sweep later. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Event } from '../../src/pat/mapping/event.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { freePort, type TestDaemon } from '../support/daemon.ts';
import type { Running } from '../support/executable.ts';
import { fromOutside, guest, lab, NOTIFICATIONS, routerOf, SEEN_BY, startDaemon, TENANTS } from '../support/lab.ts';

const { demo, admin } = TENANTS;
/** Long enough that only events can have been it. */
const HOUR = '3600';
const PATIENCE_MS = 20_000;

let daemon: TestDaemon;
const cleanups: (() => Promise<unknown>)[] = [];

async function publish(body: object): Promise<Mapping> {
  const token = await demo.token();
  const reply = await daemon.ask<{ mapping: Mapping }>('POST', '/v1/mappings', { token, body: { mapping: body } });
  expect(reply).toMatchObject({ status: 201, body: { mapping: { status: 'ACTIVE' } } });
  return reply.body.mapping;
}

/** The mapping now; undefined when it is gone. */
async function now({ id }: Mapping): Promise<Mapping | undefined> {
  return (await daemon.ask<{ mapping?: Mapping }>('GET', `/v1/mappings/${id}`)).body.mapping;
}

async function becomes(mapping: Mapping, expected: object | undefined): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  const fits = async (): Promise<boolean> => {
    const found = await now(mapping);
    if (expected === undefined || found === undefined) return found === expected;
    return Object.entries(expected).every(([name, value]) => found[name as keyof Mapping] === value);
  };
  while (!(await fits()) && Date.now() < end) await setTimeout(50);
  const found = await now(mapping);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject(expected);
}

async function eventsOf({ id }: Mapping): Promise<readonly Event[]> {
  return (await daemon.ask<{ events: Event[] }>('GET', `/v1/events?mapping_id=${id}`)).body.events;
}

/** The last that happened to it is this: written down a moment after the mapping shows it. */
async function happened(
  mapping: Mapping,
  expected: { readonly type: Event['type']; readonly [field: string]: unknown },
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while ((await eventsOf(mapping)).at(-1)?.type !== expected.type && Date.now() < end) await setTimeout(50);
  expect((await eventsOf(mapping)).at(-1)).toMatchObject(expected);
}

async function shut(mapping: Mapping): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  const look = (): Promise<string> => fromOutside(mapping.gateway_ip, mapping.router_port);
  while ((await look()) !== 'refused' && Date.now() < end);
  expect(await look()).toBe('refused');
}

async function server(name: string, ...more: string[]): Promise<void> {
  await lab('server', 'create', name, ...more);
  cleanups.push(() => lab('server', 'delete', name).catch(() => undefined));
  await lab('listen', name, '8080');
}

const stop = async (): Promise<void> => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
  await daemon?.remove();
};

describe('with events', () => {
  beforeAll(async () => {
    const env = { PRAAS_NOTIFICATIONS: NOTIFICATIONS, PRAAS_SECOND_MONITORING: HOUR };
    daemon = await startDaemon({ env, flags: ['--monitor'] });
    await daemon.says('notifications connected');
    await server('nomad');
  });
  afterAll(stop);

  test('another address: the same router port leads there by itself', async () => {
    const mapping = await publish({ server: 'nomad', server_port: 8080 });
    expect(await fromOutside(mapping.gateway_ip, mapping.router_port)).toBe(SEEN_BY('nomad'));

    await lab('server', 'change-ip', 'nomad', '10.20.0.78');
    await becomes(mapping, { server_ip: '10.20.0.78', router_port: mapping.router_port, status: 'ACTIVE' });

    expect(await fromOutside(mapping.gateway_ip, mapping.router_port)).toBe(SEEN_BY('nomad'));
    const before = { server_ip: mapping.server_ip };
    await happened(mapping, { type: 'followed', by: { kind: 'monitor' }, before });
  });

  test('shut off: DOWN with the reason; started: back by itself', async () => {
    const mapping = await publish({ server: 'nomad', server_port: 8080 });
    const action = (verb: string) =>
      demo.call('compute', 'POST', `/servers/${guest('nomad').server_id}/action`, { [verb]: null });

    await action('os-stop');
    await becomes(mapping, { status: 'DOWN', status_code: 'SERVER_STOPPED' });
    await action('os-start');
    await becomes(mapping, { status: 'ACTIVE', status_reason: '' });
  });

  test('its port is taken down, and up again', async () => {
    const mapping = await publish({ server: 'nomad', server_port: 8080 });
    const set = (admin_state_up: boolean) =>
      demo.call('network', 'PUT', `/ports/${guest('nomad').port_id}`, { port: { admin_state_up } });

    await set(false);
    await becomes(mapping, { status: 'DOWN' });
    await set(true);
    await becomes(mapping, { status: 'ACTIVE' });
  });

  test('a new port in place of the old one: the mapping leads there', async () => {
    await lab('server', 'create', 'rebuilt');
    const { server_id, port_id, network_id } = guest('rebuilt');
    cleanups.push(() => lab('server', 'delete', 'rebuilt').catch(() => undefined));
    const mapping = await publish({ server: 'rebuilt', server_port: 8080 });
    const interfaces = `/servers/${server_id}/os-interface`;

    await demo.call('compute', 'DELETE', `${interfaces}/${port_id}`);
    await becomes(mapping, { status: 'DOWN' });
    await shut(mapping);
    const { interfaceAttachment: made } = await demo.call('compute', 'POST', interfaces, {
      interfaceAttachment: { net_id: network_id },
    });
    await becomes(mapping, { port_id: made.port_id, server_ip: made.fixed_ips[0].ip_address, status: 'ACTIVE' });
  });

  test('deleted: its mappings are deleted with the reason, and no others', async () => {
    const [gone, stays] = [
      await publish({ server: 'nomad', server_port: 8080 }),
      await publish({ server: 'web', server_port: 22 }),
    ];
    await lab('server', 'delete', 'nomad');
    await becomes(gone, undefined);

    await shut(gone);
    await happened(gone, {
      type: 'deleted',
      by: { kind: 'monitor' },
      reason_code: 'SERVER_DELETED',
      mapping: { id: gone.id, router_port: gone.router_port },
    });
    expect(await now(stays)).toMatchObject({ status: 'ACTIVE' });
    await daemon.ask('DELETE', `/v1/mappings/${stays.id}`);
  });

  test('interface removed: DOWN and shut; there again: open; router deleted: removed', async () => {
    const { network } = await demo.call('network', 'POST', '/networks', { network: { name: 'camp' } });
    cleanups.push(() => demo.call('network', 'DELETE', `/networks/${network.id}`));
    const subnet = { name: 'camp', network_id: network.id, ip_version: 4, cidr: '10.50.0.0/24' };
    const { id: subnet_id } = (await demo.call('network', 'POST', '/subnets', { subnet })).subnet;
    await lab('router', 'create', 'camp', '--gateway', '--subnet', 'camp');
    cleanups.push(() => lab('router', 'delete', 'camp').catch(() => undefined));
    await server('camper', '--network', 'camp');
    const mapping = await publish({ router: 'camp', server: 'camper', server_port: 8080 });
    const { id } = await routerOf('camp');
    const turn = (verb: string) => demo.call('network', 'PUT', `/routers/${id}/${verb}`, { subnet_id });

    await turn('remove_router_interface');
    await becomes(mapping, { status: 'DOWN' });
    await shut(mapping);
    await turn('add_router_interface');
    await becomes(mapping, { status: 'ACTIVE' });

    await lab('router', 'delete', 'camp');
    await becomes(mapping, undefined);
    await happened(mapping, { type: 'deleted', reason_code: 'ROUTER_DELETED' });
  });

  test('the broker dies and comes back: what happens then is heard, what happened meanwhile is found', async () => {
    await server('exile');
    const mapping = await publish({ server: 'exile', server_port: 8080 });
    await lab('stop', 'rabbitmq');
    await daemon.says('notifications unavailable');
    expect((await daemon.ask<{ ready: boolean; degraded: boolean }>('GET', '/readyz')).body).toMatchObject({
      ready: true,
      degraded: true,
    });
    await lab('start', 'rabbitmq');
    const heard = async (): Promise<number> => daemon.said.split('notifications connected').length - 1;
    const end = Date.now() + 60_000;
    while ((await heard()) < 2 && Date.now() < end) await setTimeout(200);
    expect(await heard()).toBe(2);

    await lab('server', 'change-ip', 'exile', '10.20.0.79');
    await becomes(mapping, { server_ip: '10.20.0.79', status: 'ACTIVE' });
  });
});

describe('by sweeps alone, from a process of its own', () => {
  let monitor: Running;
  let port: number;

  beforeAll(async () => {
    daemon = await startDaemon();
    port = await freePort();
    monitor = daemon.shell
      .with({ env: { PRAAS_PORT_MONITOR: String(port), PRAAS_SECOND_MONITORING: '1' } })
      .start('monitor');
    await server('nomad');
  });
  afterAll(async () => {
    monitor.process.kill('SIGTERM');
    await monitor.ended;
    await stop();
  });

  test('it reports its readiness, and mappings follow all the same', async () => {
    const mapping = await publish({ server: 'nomad', server_port: 8080 });
    await lab('server', 'change-ip', 'nomad', '10.20.0.78');
    await becomes(mapping, { server_ip: '10.20.0.78', status: 'ACTIVE' });

    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { ready: true }]);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/praas_monitor_actions_total\{action="follow"\} 1/);
    expect(metrics).toMatch(/praas_monitor_sweep_age_seconds [0-9.]+/);

    await lab('server', 'delete', 'nomad');
    await becomes(mapping, undefined);
  });

  // Keystone gives an event up when the broker is slow: what it loses is found all the same.
  test('project deleted: its mappings go', async () => {
    const { project } = await admin.call('identity', 'POST', '/projects', { project: { name: `fair-${process.pid}` } });
    const project_id: string = project.id;
    const make = async (collection: string, kind: string, body: object): Promise<string> => {
      const { [kind]: made } = await admin.call('network', 'POST', `/${collection}`, {
        [kind]: { name: 'fair', ...body },
      });
      cleanups.push(() => admin.ask('network', 'DELETE', `/${collection}/${made.id}`));
      return made.id;
    };
    const network_id = await make('networks', 'network', { project_id });
    const subnet_id = await make('subnets', 'subnet', { project_id, network_id, ip_version: 4, cidr: '10.60.0.0/24' });
    const {
      external_gateway_info: { network_id: outside },
    } = await routerOf('edge');
    const router = { project_id, external_gateway_info: { network_id: outside } };
    const router_id = await make('routers', 'router', router);
    await admin.call('network', 'PUT', `/routers/${router_id}/add_router_interface`, { subnet_id });
    cleanups.push(() => admin.ask('network', 'PUT', `/routers/${router_id}/remove_router_interface`, { subnet_id }));
    const port_id = await make('ports', 'port', { project_id, network_id });
    const body = { mapping: { router_id, port_id, server_port: 80 } };
    const end = Date.now() + PATIENCE_MS;
    const ask = () => daemon.ask<{ mapping: Mapping }>('POST', '/v1/mappings', { body });
    let reply = await ask();
    // The agent makes the namespace a moment after Neutron was told.
    while (reply.status !== 201 && Date.now() < end) reply = await ask();
    const { mapping } = reply.body;
    expect(mapping).toMatchObject({ project_id });

    await admin.call('identity', 'DELETE', `/projects/${project_id}`);
    await becomes(mapping, undefined);
    await happened(mapping, { type: 'deleted', reason_code: 'PROJECT_DELETED' });
  });

  test('Neutron stopped: nothing is removed, it is not ready, and it goes on when Neutron is back', async () => {
    const mapping = await publish({ server: 'web', server_port: 22 });
    await lab('stop', 'neutron-server');
    try {
      const end = Date.now() + PATIENCE_MS;
      const status = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
      while ((await status()) === 200 && Date.now() < end) await setTimeout(100);
      expect(await status()).toBe(503);
      expect(await now(mapping)).toMatchObject({ status: 'ACTIVE' });
    } finally {
      await lab('start', 'neutron-server');
    }
    const end = Date.now() + PATIENCE_MS;
    const ready = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
    while (!(await ready()) && Date.now() < end) await setTimeout(100);
    expect(await ready()).toBe(true);
    expect(await now(mapping)).toMatchObject({ status: 'ACTIVE' });
  });

  test('once, by hand, through the daemon: shown and not done, then done', async () => {
    monitor.process.kill('SIGTERM');
    expect(await monitor.ended).toMatchObject({ code: 0 });
    await server('guest');
    const mapping = await publish({ server: 'guest', server_port: 8080 });
    await lab('server', 'delete', 'guest');

    const shown = await daemon.shell.json('monitor', '--once', '--dry-run');
    expect(shown).toMatchObject([{ action: 'delete', mapping_id: mapping.id }]);
    expect(await now(mapping)).toBeDefined();
    expect(await daemon.shell.json('monitor', '--once')).toMatchObject([{ action: 'delete', mapping_id: mapping.id }]);
    expect(await now(mapping)).toBeUndefined();
    expect(await daemon.shell.ok('events', '--mapping', mapping.id, '-f', 'value', '-c', 'Event')).toBe(
      'created\ndeleted\n',
    );
    monitor = daemon.shell.start('monitor');
  });
});
