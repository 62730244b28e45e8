import { afterEach, describe, expect, test } from '@jest/globals';
import { standardPlan } from '../../src/admin/demo/plan.ts';
import { World } from '../../src/admin/demo/world.ts';
import { createExec, type Exec } from '../../src/system/exec.ts';
import { expectClosed, expectOpen, neutronRules, reach, type TestWorld, testWorld } from '../support/world.ts';

const exec = createExec(30_000, process.env);
const worlds: TestWorld[] = [];

async function newWorld(...args: Parameters<typeof testWorld>): Promise<TestWorld> {
  const world = await testWorld(...args);
  worlds.push(world);
  return world;
}

async function namespaces(): Promise<string[]> {
  const { stdout } = await exec({ file: 'ip', args: ['netns', 'list'] });
  return stdout.split('\n').map((line) => line.split(' ', 1)[0] ?? '');
}

async function existing({ namespaces: mine }: Pick<TestWorld, 'namespaces'>): Promise<string[]> {
  const names = await namespaces();
  return Object.values(mine).filter((name) => names.includes(name));
}

/** The links of the root namespace. */
async function links(): Promise<string> {
  return (await exec({ file: 'ip', args: ['-br', 'link'] })).stdout;
}

function rulesIn(text: string): string[] {
  const rules = text.split('\n').filter((line) => line.startsWith('-A'));
  return rules.toSorted();
}

const withoutSysctl: Exec = async (command) =>
  command.args.includes('sysctl') ? { exitCode: 1, stdout: '', stderr: 'sysctl: no\n' } : exec(command);

/** Publishes by hand, so that this test depends on nothing of praas. */
async function publish(world: TestWorld, protocol: 'tcp' | 'udp', port: number, to: string): Promise<void> {
  const match = ['-d', world.gateway, '-p', protocol, '--dport', String(port)];
  await world.run('iptables', ['-t', 'nat', '-A', 'PREROUTING', ...match, '-j', 'DNAT', '--to-destination', to]);
}

afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

for (const router of ['neutron', 'plain'] as const) {
  for (const protocol of ['tcp', 'udp'] as const) {
    test(`a ${router} router passes ${protocol} to a server only when it is published, from both clients`, async () => {
      const world = await newWorld({ router });
      await world.web.listen({ protocol, port: 8080 });
      const goal = { protocol, address: world.gateway, port: 4000 };
      await expectClosed(world.client, goal);
      await expectClosed(world.client2, goal);

      await publish(world, protocol, 4000, '10.20.0.51:8080');

      await expectOpen(world.client, goal, 'web sees 203.0.113.2');
      await expectOpen(world.client2, goal, 'web sees 198.51.100.7');
    });
  }
}

test('servers talk to each other past the router, and to the router', async () => {
  const world = await newWorld({ router: 'neutron' });
  await world.db.listen({ protocol: 'tcp', port: 5432 });

  await expectOpen(world.web, { protocol: 'tcp', address: '10.20.0.52', port: 5432 }, 'db sees 10.20.0.51');
  expect(await reach(world.web, { protocol: 'tcp', address: '10.20.0.1', port: 5432 })).toBe('refused');
});

test('packets that are dropped are a timeout, not a refusal', async () => {
  const world = await newWorld({ router: 'neutron' });
  await world.run('iptables', ['-A', 'INPUT', '-p', 'tcp', '--dport', '4000', '-j', 'DROP']);

  const heard = await reach(world.client, { protocol: 'tcp', address: world.gateway, port: 4000, timeoutMs: 300 });

  expect(heard).toBe('timeout');
});

test("Neutron's rules are loaded as the L3 agent keeps them, for the interfaces of this world, and let packets pass", async () => {
  const world = await newWorld({ router: 'neutron', neutronRules: true });

  const loaded = rulesIn(await world.run('iptables-save', []));

  expect(loaded).toEqual(rulesIn(neutronRules(world.names)));
  expect(loaded.join('\n')).toContain(`-o ${world.names.outsideInterface} -j SNAT --to-source ${world.gateway}`);
  await world.web.listen({ protocol: 'tcp', port: 80 });
  await publish(world, 'tcp', 4000, '10.20.0.51:80');
  await expectOpen(world.client, { protocol: 'tcp', address: world.gateway, port: 4000 }, 'web sees 203.0.113.2');
  // From inside through the gateway address: Neutron's own rule makes the answer come back the same way.
  await expectOpen(world.db, { protocol: 'tcp', address: world.gateway, port: 4000 }, 'web sees 203.0.113.10');
});

test('two worlds beside each other have nothing in common', async () => {
  const [one, other] = await Promise.all([newWorld({ router: 'plain' }), newWorld({ router: 'plain' })]);
  await one.web.listen({ protocol: 'tcp', port: 80 });
  await publish(one, 'tcp', 4000, '10.20.0.51:80');

  await expectOpen(one.client, { protocol: 'tcp', address: one.gateway, port: 4000 }, 'web sees 203.0.113.2');
  await expectClosed(other.client, { protocol: 'tcp', address: other.gateway, port: 4000 });
});

test('the root namespace sees no interface of a world', async () => {
  const before = await links();

  await newWorld({ router: 'neutron' });

  expect(await links()).toBe(before);
});

test('an established connection ends when its conntrack entry and rule are gone', async () => {
  // Neutron's rules keep connection tracking on: the kernel ends it in a namespace with the last rule that needs it.
  const world = await newWorld({ router: 'neutron', neutronRules: true });
  await world.web.listen({ protocol: 'tcp', port: 22 });
  await publish(world, 'tcp', 4022, '10.20.0.51:22');
  const held = await world.client.open({ protocol: 'tcp', address: world.gateway, port: 4022 });
  expect(await held.send('hello')).toMatchObject({ reply: 'web sees 203.0.113.2' });

  await world.run('iptables', ['-t', 'nat', '-F', 'PREROUTING']);
  expect(await held.send('rules alone do not end it')).toMatchObject({ reply: 'web sees 203.0.113.2' });
  await world.run('conntrack', ['-D', '-p', 'tcp', '--orig-dst', world.gateway, '--orig-port-dst', '4022']);

  expect(await held.send('still there?', 300)).toHaveProperty('error');
});

describe('a world that is removed', () => {
  test('leaves no namespace, and may be removed again', async () => {
    const world = await newWorld({ router: 'neutron' });
    expect(await existing(world)).toHaveLength(5);

    await world.remove();
    await world.remove();

    expect(await existing(world)).toEqual([]);
  });

  test('is removed as far as it exists', async () => {
    const world = await newWorld({ router: 'plain' });
    await exec({ file: 'ip', args: ['netns', 'del', world.namespaces.web] });

    await world.remove();

    expect(await existing(world)).toEqual([]);
  });
});

test('a world that cannot be finished leaves nothing, and touches no namespace of another', async () => {
  const taken = await newWorld({ router: 'plain' });
  const before = await namespaces();
  const names = { ...taken.names, router: `${taken.names.router}-2`, prefix: `${taken.names.prefix}-2` };

  await expect(World.create(withoutSysctl, standardPlan(names))).rejects.toMatchObject({ code: 'TOOL_FAILED' });

  expect(await namespaces()).toEqual(before);
});
