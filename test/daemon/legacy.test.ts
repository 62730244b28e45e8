/** Today's Proxy CLI against the real daemon and a real router, with both backends. */
import { test } from '@jest/globals';
import { TestDaemon } from '../support/daemon.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { ProxyCli } from '../support/proxy-cli.ts';
import { proxyCliContract } from '../support/proxy-cli-contract.ts';
import { expectClosed, expectOpen, testWorld } from '../support/world.ts';

const RANGE = { first: 4000, last: 4004 };

for (const backend of BACKENDS) {
  proxyCliContract(`the daemon with ${backend}`, async () => {
    const world = await testWorld({ router: 'neutron' });
    const settings = [`router_port_range = ${RANGE.first}:${RANGE.last}`];
    const daemon = await TestDaemon.start({ backend, settings });
    return {
      baseUrl: daemon.url,
      router_id: world.namespace,
      gateway: world.gateway,
      serverIps: ['10.20.0.51', '10.20.0.52'],
      range: RANGE,
      async remove() {
        await daemon.remove();
        await world.remove();
      },
    };
  });
}

test('what it creates is closed before, open after, moved when it is modified, and closed when it is removed', async () => {
  const world = await testWorld({ router: 'neutron' });
  const daemon = await TestDaemon.start();
  try {
    await world.web.listen({ protocol: 'tcp', port: 80 });
    const cli = new ProxyCli(daemon.url);
    const target = { router_id: world.namespace, server_ip: '10.20.0.51', server_port: '80', gateway: world.gateway };
    const at = (port: number) => ({ protocol: 'tcp', address: world.gateway, port }) as const;
    await expectClosed(world.client, at(4000));

    await cli.create(target);
    // Without OpenStack it is unknown which way replies leave, but the network is Neutron's: servers see who calls.
    await expectOpen(world.client, at(4000), 'web sees 203.0.113.2');
    await cli.modify(target, '4050');
    await expectClosed(world.client, at(4000));
    await expectOpen(world.client, at(4050), 'web sees 203.0.113.2');
    await cli.remove(target);

    await expectClosed(world.client, at(4050));
  } finally {
    await daemon.remove();
    await world.remove();
  }
});
