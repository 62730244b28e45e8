// What breaks in real routers: another process flushes, edits or locks; namespaces vanish and return; the kernel refuses.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Dataplane } from '../../src/pat/interfaces/dataplane.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { MappingRequestInput } from '../../src/pat/mapping/request.ts';
import { createExec } from '../../src/system/exec.ts';
import { BACKENDS, realDataplane } from '../support/dataplane.ts';
import { testNode } from '../support/node.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const cleanups: (() => unknown)[] = [];
const exec = createExec(30_000, process.env);

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function setUp(backend: BackendName, dataplane: Dataplane = realDataplane(backend)) {
  const world = await testWorld({ router: 'neutron', neutronRules: true });
  cleanups.push(() => world.remove());
  const node = testNode(backend, dataplane);
  cleanups.push(() => node.close());
  await world.web.listen({ protocol: 'tcp', port: 80 });
  const publish = async (input: Partial<MappingRequestInput> = {}): Promise<Mapping> => {
    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, ...input };
    return (await node.pat.create(request)).value;
  };
  return { world, node, publish };
}

const goalOf = ({ protocol, gateway_ip, router_port }: Mapping) => ({
  protocol,
  address: gateway_ip,
  port: router_port,
});
const ruleset = (world: TestWorld): Promise<string> => world.run('nft', ['--stateless', 'list', 'ruleset']);

describe.each(BACKENDS)('%s', (backend) => {
  const restore = (world: TestWorld, script: string): Promise<string> =>
    backend === 'iptables'
      ? world.run('iptables-restore', ['--noflush'], `*nat\n${script}\nCOMMIT\n`)
      : world.run('nft', ['-f', '-'], `${script}\n`);

  const damages: [string, Record<BackendName, string>][] = [
    [
      'flushed',
      {
        iptables: '-F custom-PREROUTING\n-F custom-POSTROUTING',
        nftables: 'flush map ip praas open\nflush set ip praas masqueraded',
      },
    ],
    [
      'cut off from the hook',
      { iptables: '-D PREROUTING -j custom-PREROUTING', nftables: 'flush chain ip praas prerouting' },
    ],
    [
      'removed with everything around them',
      {
        iptables:
          '-D PREROUTING -j custom-PREROUTING\n-D POSTROUTING -j custom-POSTROUTING\n-F custom-PREROUTING\n-F custom-POSTROUTING\n-X custom-PREROUTING\n-X custom-POSTROUTING',
        nftables: 'delete table ip praas',
      },
    ],
    [
      'partly removed',
      {
        iptables: '-F custom-POSTROUTING',
        nftables: 'flush set ip praas masqueraded',
      },
    ],
  ];

  test.each(damages)(
    'rules that were %s are put right by sync, and a second sync finds nothing to do',
    async (_, damage) => {
      const { world, node, publish } = await setUp(backend);
      const mapping = await publish({ masquerade: 'always' });
      const whole = (await ruleset(world)).split('\n').toSorted();
      await restore(world, damage[backend]);
      expect((await ruleset(world)).split('\n').toSorted()).not.toEqual(whole);

      const script = (await node.pat.sync(world.router_id, { dryRun: true })).script;
      expect(script).not.toBe('');
      await node.pat.sync(world.router_id);

      await expectOpen(world.client, goalOf(mapping), 'web sees 10.20.0.1');
      expect((await ruleset(world)).split('\n').toSorted()).toEqual(whole);
      expect((await node.pat.sync(world.router_id)).value).toEqual({ added: 0, removed: 0, moved: 0 });
      expect((await node.pat.sync(world.router_id, { dryRun: true })).script).toBe('');
    },
  );

  test('a service that remembers the router puts back what was removed behind its back with its next change', async () => {
    const { world, publish } = await setUp(backend);
    const first = await publish();
    const [, removed] = damages[2] ?? [];
    await restore(world, removed?.[backend] ?? '');
    await expectClosed(world.client, goalOf(first));

    const second = await publish();

    await expectOpen(world.client, goalOf(first), 'web sees 203.0.113.2');
    await expectOpen(world.client, goalOf(second), 'web sees 203.0.113.2');
  });

  test('a namespace that vanishes takes nothing with it: the mapping is DOWN, and back when the namespace is', async () => {
    const { world, node, publish } = await setUp(backend);
    const mapping = await publish();
    await world.remove();

    expect(await node.pat.get(mapping.id)).toMatchObject({
      status: 'DOWN',
      status_code: 'ROUTER_ABSENT',
    });
    await expect(publish()).rejects.toMatchObject({ code: 'ROUTER_NOT_FOUND' });
    const renamed = (await node.pat.update(mapping.id, { name: 'still here' })).value;
    expect(renamed).toMatchObject({ name: 'still here', status: 'DOWN' });
    expect((await node.pat.delete([mapping.id])).value).toHaveLength(1);
    expect((await node.pat.list()).mappings).toEqual([]);
  });

  test('a namespace that vanishes in the middle of a change is no error of the change', async () => {
    const dataplane = realDataplane(backend);
    const { world, node, publish } = await setUp(backend, {
      ...bind(dataplane),
      apply: async (router_id, changes) => {
        await world.remove();
        return dataplane.apply(router_id, changes);
      },
    });
    const mapping = await publish();
    expect(mapping).toMatchObject({ status: 'DOWN', status_code: 'ROUTER_ABSENT' });
    expect((await node.pat.list()).mappings).toHaveLength(1);
  });

  test('what the kernel refuses changes neither the store nor the kernel', async () => {
    const dataplane = realDataplane(backend);
    let sabotage = false;
    const { world, node, publish } = await setUp(backend, {
      ...bind(dataplane),
      apply: (router_id, changes) => {
        const [first] = changes.add;
        if (first === undefined) return dataplane.apply(router_id, changes);
        const ghost = { ...first, mapping_id: '99999999-0000-4000-8000-000000000000', router_port: 1 };
        const remove = sabotage ? [...changes.remove, dataplane.expected(ghost)] : changes.remove;
        return dataplane.apply(router_id, { ...changes, remove });
      },
    });
    const mapping = await publish();
    const [kernel, listed] = [await ruleset(world), await node.pat.list()];
    sabotage = true;

    const refused = {
      code: 'KERNEL_REFUSED',
      message: expect.stringMatching(/nothing was applied\n {2}line \d+: (-D|delete)/),
    };
    await expect(publish()).rejects.toMatchObject(refused);
    await expect(node.pat.update(mapping.id, { server_port: 81 })).rejects.toMatchObject(refused);

    sabotage = false;
    expect(await ruleset(world)).toBe(kernel);
    expect(await node.pat.list()).toEqual(listed);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    expect((await publish()).router_port).toBe(mapping.router_port + 1);
  });

  test('a change whose connections cannot be ended is taken back as a whole', async () => {
    const dataplane = realDataplane(backend);
    let sabotage = false;
    const failing = async (): Promise<never> => {
      throw new Error('conntrack is broken');
    };
    const real = bind(dataplane);
    const { world, node, publish } = await setUp(backend, {
      ...real,
      flows: (...args) => (sabotage ? failing() : real.flows(...args)),
    });
    const mapping = await publish();
    const listed = await node.pat.list();
    sabotage = true;
    await expect(node.pat.update(mapping.id, { router_port: 4090 })).rejects.toThrow('conntrack is broken');
    expect(await node.pat.list()).toEqual(listed);
    sabotage = false;
    await node.pat.sync(world.router_id);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    await expectClosed(world.client, { ...goalOf(mapping), port: 4090 });
  });
});

describe('beside Neutron', () => {
  /** Holds the lock as oslo.concurrency does, until its stdin ends. */
  const LOCK =
    'import fcntl,sys\nf=open(sys.argv[1],"a")\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint("held",flush=True)\nsys.stdin.read()';

  test("the jumps wait for Neutron's lock; rules in the chains of praas do not", async () => {
    const directory = mkdtempSync(join(tmpdir(), 'praas-neutron-'));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const { world, publish } = await setUp('iptables', realDataplane('iptables', ['/nowhere', directory]));
    const file = join(directory, `neutron-iptables-${world.namespace}`);
    writeFileSync(file, '');
    const holder = spawn('python3', ['-c', LOCK, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    cleanups.push(() => holder.kill());
    await once(holder.stdout, 'data');

    const waiting = publish();
    const first = await Promise.race([
      waiting.then(() => 'published'),
      new Promise((done) => setTimeout(done, 500, 'waits')),
    ]);
    expect(first).toBe('waits');
    expect(await world.run('iptables-save', ['-t', 'nat'])).not.toContain('custom-PREROUTING');
    holder.stdin.end();
    expect((await waiting).status).toBe('ACTIVE');

    const again = spawn('python3', ['-c', LOCK, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    cleanups.push(() => again.kill());
    await once(again.stdout, 'data');
    expect((await publish()).status).toBe('ACTIVE');
  });

  test('a lock that Neutron keeps too long is an error, and nothing is changed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'praas-neutron-'));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const { world, node, publish } = await setUp('iptables', realDataplane('iptables', [directory], 1));
    const file = join(directory, `neutron-iptables-${world.namespace}`);
    writeFileSync(file, '');
    const holder = spawn('python3', ['-c', LOCK, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    cleanups.push(() => holder.kill());
    await once(holder.stdout, 'data');

    await expect(publish()).rejects.toMatchObject({ code: 'KERNEL_BUSY' });
    expect((await node.pat.list()).mappings).toEqual([]);
    expect(await world.run('iptables-save', ['-t', 'nat'])).not.toContain('custom-PREROUTING');
  });

  test('rules of iptables-legacy beside those of iptables-nft are a warning', async () => {
    const { world, node } = await setUp('iptables');
    await world.run('iptables-legacy', ['-t', 'nat', '-N', 'old']);
    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 };
    const { warnings } = await node.pat.create(request);
    expect(warnings).toEqual([expect.stringContaining('iptables-legacy')]);
  });

  test('a distributed router publishes in its snat- namespace, not in the qrouter- one beside it', async () => {
    const { world, publish } = await setUp('iptables');
    const uuid = randomUUID();
    const ip = async (...args: string[]) => expect(await exec({ file: 'ip', args })).toMatchObject({ exitCode: 0 });
    for (const name of [`qrouter-${uuid}`, `snat-${uuid}`]) {
      await ip('netns', 'add', name);
      cleanups.push(() => ip('netns', 'delete', name));
    }
    // The second name becomes another name of the world's own router.
    const [router, snat] = [`/run/netns/${world.namespace}`, `/run/netns/snat-${uuid}`];
    await exec({ file: 'mount', args: ['--bind', router, snat] });

    const mapping = await publish({ router_id: uuid });
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    await exec({ file: 'umount', args: [snat] });
  });

  test('a name without a mounted namespace may be a router that cannot be seen, and hinders no other', async () => {
    const { world } = await setUp('iptables');
    const stale = `qrouter-${randomUUID()}`;
    writeFileSync(`/run/netns/${stale}`, '');
    cleanups.push(() => rmSync(`/run/netns/${stale}`));
    const dataplane = realDataplane('iptables');
    await expect(dataplane.facts(stale.replace('qrouter-', ''))).rejects.toMatchObject({
      code: 'NAMESPACE_UNREADABLE',
    });
    expect((await dataplane.facts(world.router_id)).gateways).toEqual([world.gateway]);
  });
});

/** The methods of a Dataplane as an object that can be spread. */
function bind(dataplane: Dataplane): Dataplane {
  return {
    routers: () => dataplane.routers(),
    facts: (...args) => dataplane.facts(...args),
    observe: (...args) => dataplane.observe(...args),
    holderOf: (...args) => dataplane.holderOf(...args),
    listeners: (...args) => dataplane.listeners(...args),
    apply: (...args) => dataplane.apply(...args),
    removeBaseChains: (...args) => dataplane.removeBaseChains(...args),
    render: (...args) => dataplane.render(...args),
    expected: (...args) => dataplane.expected(...args),
    flows: (...args) => dataplane.flows(...args),
    connectionTable: (...args) => dataplane.connectionTable(...args),
    forwarding: (...args) => dataplane.forwarding(...args),
    endFlows: (...args) => dataplane.endFlows(...args),
  };
}
