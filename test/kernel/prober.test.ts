/** What a router finds when it tries a server itself. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Namespaces } from '../../src/netfilter/namespace.ts';
import { NetfilterProber } from '../../src/netfilter/prober.ts';
import { systemTimers } from '../../src/system/clock.ts';
import { createExec } from '../../src/system/exec.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const TIMEOUT_MS = 30_000;

let world: TestWorld;
let prober: NetfilterProber;

beforeAll(async () => {
  world = await testWorld({ router: 'neutron' });
  prober = new NetfilterProber(new Namespaces(createExec(TIMEOUT_MS, process.env), '/run/netns', systemTimers));
  await world.web.listen({ protocol: 'tcp', port: 80 });
});
afterAll(() => world?.remove());

test('a server that takes connections, one that does not, and one that is not there', async () => {
  expect(await prober.connect(world.router_id, '10.20.0.51', 80)).toBe('open');
  expect(await prober.connect(world.router_id, '10.20.0.51', 81)).toBe('refused');
  expect(await prober.connect(world.router_id, '10.20.0.99', 80)).toBe('unreachable');
});

test('a server whose packets are dropped on the way', async () => {
  const rule = ['OUTPUT', '-d', '10.20.0.52', '-p', 'tcp', '-j', 'DROP'];
  await world.run('iptables', ['-w', '-A', ...rule]);
  try {
    expect(await prober.connect(world.router_id, '10.20.0.52', 80)).toBe('timeout');
  } finally {
    await world.run('iptables', ['-w', '-D', ...rule]);
  }
});

test('a router that is not here', async () => {
  await expect(prober.connect('lost', '10.20.0.51', 80)).rejects.toMatchObject({ code: 'ROUTER_NOT_FOUND' });
});
