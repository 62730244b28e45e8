/** The daemon keeps real routers as the store says, whatever happens to them. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { MappingView } from '../../src/pat/mapping/view.ts';
import { TestDaemon } from '../support/daemon.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { waitUntil } from '../support/executable.ts';
import {
  expectClosed,
  expectOpen,
  loseRouter,
  reach,
  remakeRouter,
  type TestWorld,
  testWorld,
} from '../support/world.ts';

/** So long that only an event can be the reason for what happens sooner. */
const NEVER = 'reconcile_period_seconds = 3600';
const SOON = 'reconcile_period_seconds = 1';

interface Document {
  readonly mapping: MappingView;
}

describe.each(BACKENDS)('with %s', (backend) => {
  let world: TestWorld;
  let daemon: TestDaemon;
  afterEach(async () => {
    await daemon.remove();
    await world.remove();
  });

  const start = async (setting: string): Promise<void> => {
    world = await testWorld({ router: 'neutron', neutronRules: true });
    daemon = await TestDaemon.start({ backend, settings: [setting] });
    await world.web.listen({ protocol: 'tcp', port: 80 });
  };
  const publish = async (changes: object = {}): Promise<MappingView> => {
    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, masquerade: 'never' };
    const { status, body } = await daemon.ask<Document>('POST', '/v1/mappings', {
      body: { mapping: { ...request, ...changes } },
    });
    expect([status, body.mapping.status]).toEqual([201, 'ACTIVE']);
    return body.mapping;
  };
  const show = async (id: string): Promise<MappingView> =>
    (await daemon.ask<Document>('GET', `/v1/mappings/${id}`)).body.mapping;

  test('a mapping is closed before, open after, and closed when it is deleted', async () => {
    await start(NEVER);
    const goal = { protocol: 'tcp', address: world.gateway, port: 4000 } as const;
    await expectClosed(world.client, goal);

    const { id } = await publish();
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');

    expect((await daemon.ask('DELETE', `/v1/mappings/${id}`)).status).toBe(204);
    await expectClosed(world.client, goal);
  });

  test('flushed rules are repaired within the period, and that is logged and counted', async () => {
    await start(SOON);
    const { router_port: port } = await publish();
    const [file, args]: readonly [string, readonly string[]] =
      backend === 'iptables' ? ['iptables', ['-t', 'nat', '-F']] : ['nft', ['delete', 'table', 'ip', 'praas']];

    await world.run(file, args);

    const goal = { protocol: 'tcp', address: world.gateway, port } as const;
    await waitUntil(async () => (await reach(world.client, goal)) === 'web sees 203.0.113.2');
    await daemon.says('drift repaired');
    await waitUntil(async () => (await daemon.metric('praas_drift_repaired_total{reason="period"}')) === 1);
  });

  test('a router that is deleted and created anew carries all its mappings again by itself', async () => {
    await start(NEVER);
    const ports: number[] = [];
    for (let n = 0; n < 5; n++) ports.push((await publish()).router_port);
    const { id } = await publish();

    await loseRouter(world);
    await waitUntil(async () => (await show(id)).status === 'DOWN');
    await remakeRouter(world);

    for (const port of ports) {
      const goal = { protocol: 'tcp', address: world.gateway, port } as const;
      await waitUntil(async () => (await reach(world.client, goal)) === 'web sees 203.0.113.2');
    }
    await waitUntil(async () => (await show(id)).status === 'ACTIVE');
  });

  test('rules of others stay as they are, whatever the daemon does', async () => {
    await start(SOON);
    await world.run('iptables', [
      '-t',
      'nat',
      '-A',
      'PREROUTING',
      '-p',
      'tcp',
      '--dport',
      '9999',
      '-j',
      'DNAT',
      '--to-destination',
      '10.20.0.52:1',
    ]);
    const others = async (): Promise<string[]> =>
      (await world.run('iptables-save', []))
        .split('\n')
        .filter((line) => line.startsWith('-A') && !/custom-|praas/.test(line));
    const before = await others();

    const { id } = await publish();
    await daemon.ask('POST', `/v1/routers/${world.router_id}/sync`);
    await daemon.ask('PATCH', `/v1/mappings/${id}`, { body: { mapping: { router_port: 4050 } } });
    await daemon.ask('DELETE', `/v1/mappings/${id}`);

    expect(await others()).toEqual(before);
  });

  test('when the gateway gets another address, mappings follow and the old connections end', async () => {
    await start(NEVER);
    const { id, router_port: port } = await publish();
    const session = await world.client.open({ protocol: 'tcp', address: world.gateway, port });
    const { outsideInterface } = world.names;

    await world.run('ip', ['addr', 'del', `${world.gateway}/24`, 'dev', outsideInterface]);
    await world.run('ip', ['addr', 'add', '203.0.113.77/24', 'dev', outsideInterface]);

    const goal = { protocol: 'tcp', address: '203.0.113.77', port } as const;
    await waitUntil(async () => (await reach(world.client, goal)) === 'web sees 203.0.113.2');
    await waitUntil(async () => (await show(id)).status === 'ACTIVE');
    expect(await show(id)).toMatchObject({ gateway_ip: '203.0.113.77', router_port: port });
    const table = await world.run('conntrack', ['-L', '--orig-dst', world.gateway, '-p', 'tcp']);
    expect(table).not.toContain(`dport=${port}`);
    await session.close();
  });

  test('a mapping ends on time, is warned of, and stays known as expired', async () => {
    await start(NEVER);
    const { id, router_port: port } = await publish({
      expires_at: new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000).toISOString().replace('.000', ''),
    });
    const goal = { protocol: 'tcp', address: world.gateway, port } as const;
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');

    await daemon.says('mapping expired');

    await waitUntil(async () => (await reach(world.client, goal)) === 'refused');
    expect(daemon.said).toContain('mapping expires soon');
    // It is recorded after the rules are removed, and only then is the port called closed.
    await waitUntil(async () => (await show(id)).status === 'DOWN');
    expect(await show(id)).toMatchObject({ status_code: 'EXPIRED' });
  });

  test('an expired mapping whose rules cannot be read is not called closed, and is closed when they can be read', async () => {
    await start(NEVER);
    const { id, router_port: port } = await publish({
      expires_at: new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000).toISOString().replace('.000', ''),
    });
    const goal = { protocol: 'tcp', address: world.gateway, port } as const;
    await world.run('nft', ['add', 'rule', 'ip', 'nat', 'PREROUTING', 'tcp', 'dport', '1', 'dnat', 'to', '10.20.0.52']);

    await daemon.says('reconcile failed');

    expect(await show(id)).toMatchObject({ status: 'PENDING', status_code: 'EXPIRY_PENDING' });
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');
    await world.run('nft', ['flush', 'chain', 'ip', 'nat', 'PREROUTING']);
    await waitUntil(async () => (await reach(world.client, goal)) === 'refused');
    await waitUntil(async () => (await show(id)).status === 'DOWN');
  });

  test('what has expired while the daemon was down is closed when it begins', async () => {
    await start(NEVER);
    const expires_at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000).toISOString().replace('.000', '');
    const { router_port: port } = await publish({ expires_at });
    await daemon.stop();
    await waitUntil(() => Date.now() > Date.parse(expires_at));
    const goal = { protocol: 'tcp', address: world.gateway, port } as const;
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');

    await daemon.begin();

    await expectClosed(world.client, goal);
  });

  test('counters count the clients, and connections show those that are open', async () => {
    await start(NEVER);
    const { id, router_port: port, counters } = await publish();
    expect(counters?.packets ?? 0).toBe(0);
    const goal = { protocol: 'tcp', address: world.gateway, port } as const;
    const session = await world.client.open(goal);
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');

    // To show one mapping reads no rules; a sync does.
    expect((await show(id)).counters?.packets ?? 0).toBe(0);
    await daemon.ask('POST', `/v1/routers/${world.router_id}/sync`);
    expect((await show(id)).counters?.packets).toBe(2);

    const { body } = await daemon.ask<{ connections: readonly object[] }>('GET', `/v1/mappings/${id}/connections`);
    expect(body.connections).toContainEqual(
      expect.objectContaining({
        source_ip: '203.0.113.2',
        server_ip: '10.20.0.51',
        server_port: 80,
        state: 'ESTABLISHED',
      }),
    );
    await session.close();
  });
});
