/** Changes that succeed: what they give, what is stored, what is in the kernel, and which connections end. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { CALLER, FACTS, FORWARD, factsOf, GATEWAY, idOf, MAPPING, REQUEST, ROUTER } from '../../support/samples.ts';

const SSH_IN_KERNEL = `${idOf(1)} ${GATEWAY}:4000/tcp 10.20.0.51 22  false`;

let node: FakeNode;

beforeEach(() => {
  node = fakeNode();
});

describe('create', () => {
  test('gives the mapping as it is stored and in the kernel, ACTIVE', async () => {
    const { value, warnings, script } = await node.pat.create(REQUEST);

    expect(value).toEqual({ ...MAPPING, counters: null });
    expect([warnings, script]).toEqual([[], undefined]);
    expect(await node.pat.get(value.id)).toEqual(value);
    expect((await node.store.read(ROUTER)).pending).toEqual([]);
    expect(node.router.inPlace()).toEqual([SSH_IN_KERNEL]);
  });

  test('allocates the next port each time, and does not reuse a freed port at once', async () => {
    const ports: number[] = [];
    for (let time = 0; time < 6; time++) {
      const { value } = await node.pat.create(REQUEST);
      ports.push(value.router_port);
      await node.pat.delete([value.id]);
    }

    expect(ports).toEqual([4000, 4001, 4002, 4003, 4000, 4001]);
  });

  test('is refused when the range is full', async () => {
    for (let time = 0; time < 4; time++) await node.pat.create(REQUEST);

    expect(await errorOf(node.pat.create(REQUEST))).toMatchObject({
      code: 'NO_FREE_PORT',
      facts: { first: 4000, last: 4003, mappings: 4, others: 0 },
    });
    expect(node.router.entries).toHaveLength(4);
  });

  test('publishes one target on several ports, and one port for TCP and UDP', async () => {
    await node.pat.create({ ...REQUEST, router_port: 53 });
    await node.pat.create({ ...REQUEST, router_port: 53, protocol: 'udp' });
    await node.pat.create({ ...REQUEST, router_port: 54 });

    expect((await node.pat.list()).mappings.map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
    expect(node.router.entries).toHaveLength(3);
  });

  test('at the same time for one router gives each request its own port', async () => {
    const created = await Promise.all([1, 2, 3, 4].map(() => node.pat.create(REQUEST)));

    expect(new Set(created.map(({ value }) => value.router_port)).size).toBe(4);
    expect(node.router.entries).toHaveLength(4);
  });

  test('masquerades where the way of the replies is unknown', async () => {
    await node.pat.create({ ...REQUEST, server_ip: '10.30.0.1' });

    expect(node.router.inPlace()).toEqual([`${idOf(1)} ${GATEWAY}:4000/tcp 10.30.0.1 22  true`]);
  });

  test('of a disabled mapping keeps it out of the kernel and gives DOWN', async () => {
    const disabled = await node.pat.create({ ...REQUEST, enabled: false });

    expect(disabled.value).toMatchObject({ status: 'DOWN', status_code: 'DISABLED' });
    expect(node.router.inPlace()).toEqual([]);
  });

  test('gives the warnings of the router', async () => {
    node.router.warnings = [
      { code: 'BOTH_IPTABLES_VARIANTS', text: 'rules of iptables-legacy beside those of iptables-nft' },
    ];

    expect((await node.pat.create(REQUEST)).warnings).toEqual(node.router.warnings.map(({ text }) => text));
  });

  test('writes the change into the log', async () => {
    await node.pat.create(REQUEST);

    expect(node.log.lines).toMatchObject([
      { level: 'info', message: 'router changed', details: { router_id: ROUTER } },
    ]);
  });
});

describe('update', () => {
  beforeEach(() => node.pat.create({ ...REQUEST, name: 'ssh' }));

  test('of the port publishes the new port, closes the old one and ends its connections', async () => {
    node.router.connect(CALLER, FORWARD);

    const { value } = await node.pat.update(idOf(1), { router_port: 4003 });

    expect(value).toEqual({ ...MAPPING, name: 'ssh', router_port: 4003, counters: null });
    expect(node.router.inPlace()).toEqual([SSH_IN_KERNEL.replace(':4000', ':4003')]);
    expect(node.router.flows).toEqual([]);
  });

  test('of the allowed networks ends only the connections that are no longer allowed', async () => {
    const allowed = node.router.connect('198.51.100.7', FORWARD);
    node.router.connect('192.0.2.1', FORWARD);

    await node.pat.update(idOf(1), { allowed_cidrs: ['198.51.100.0/24'] });

    expect(node.router.flows).toEqual([allowed]);
  });

  test('of the server ends the connections to the previous one', async () => {
    node.router.connect(CALLER, FORWARD);

    await node.pat.update(idOf(1), { server_ip: '10.20.0.52' });

    expect(node.router.flows).toEqual([]);
    expect(node.router.connect(CALLER, FORWARD).replyIp).toBe('10.20.0.52');
  });

  test('of name and description changes neither rules nor connections', async () => {
    node.router.connect(CALLER, FORWARD);

    await node.pat.update(idOf(1), { name: 'shell', description: 'for all' });

    expect(node.dataplane.count('apply')).toBe(1);
    expect(node.router.flows).toHaveLength(1);
  });

  test('disables a mapping, ends its connections, and enables it again on the same port', async () => {
    node.router.connect(CALLER, FORWARD);

    expect((await node.pat.update(idOf(1), { enabled: false })).value.status).toBe('DOWN');
    expect([node.router.inPlace(), node.router.flows]).toEqual([[], []]);

    expect((await node.pat.update(idOf(1), { enabled: true })).value.status).toBe('ACTIVE');
    expect(node.router.inPlace()).toEqual([SSH_IN_KERNEL]);
  });

  test('of the expiry of an expired mapping publishes it again', async () => {
    await node.pat.update(idOf(1), { expires_at: '2030-01-01T01:00:00Z' });
    node.clock.advance(7200);
    expect(await node.pat.get(idOf(1))).toMatchObject({ status: 'PENDING', status_code: 'EXPIRY_PENDING' });

    const { value } = await node.pat.update(idOf(1), { expires_at: null });

    expect(value.status).toBe('ACTIVE');
    expect(node.router.inPlace()).toEqual([SSH_IN_KERNEL]);
  });
});

describe('delete', () => {
  test('closes the port, ends its connections and removes the mapping', async () => {
    const { value } = await node.pat.create(REQUEST);
    node.router.connect(CALLER, FORWARD);

    const deleted = await node.pat.delete([value.id]);

    expect(deleted).toEqual({ value: [value], warnings: [], script: undefined, failures: [] });
    expect([node.router.inPlace(), node.router.flows]).toEqual([[], []]);
    expect((await node.pat.list()).mappings).toEqual([]);
  });

  test('of several mappings makes one change for each router', async () => {
    const west = new FakeRouter(factsOf('west'));
    node.dataplane.add(west);
    await node.pat.create(REQUEST);
    await node.pat.create({ ...REQUEST, router_id: 'west' });
    await node.pat.create(REQUEST);
    await node.pat.create(REQUEST);
    const before = node.dataplane.count('apply');

    const { value, failures } = await node.pat.delete([idOf(3), idOf(2), idOf(1), idOf(3)]);

    expect(value.map(({ id }) => id).toSorted()).toEqual([idOf(1), idOf(2), idOf(3)]);
    expect(failures).toEqual([]);
    expect(node.dataplane.count('apply') - before).toBe(2);
    expect((await node.pat.list()).mappings.map(({ id }) => id)).toEqual([idOf(4)]);
    expect([node.router.entries.length, west.entries.length]).toEqual([1, 0]);
  });

  test('of several mappings deletes none when one is not found', async () => {
    await node.pat.create(REQUEST);
    const before = node.router.inPlace();

    expect(await errorOf(node.pat.delete([idOf(1), idOf(9)]))).toMatchObject({
      code: 'MAPPING_NOT_FOUND',
      facts: { id: idOf(9) },
    });

    expect(node.router.inPlace()).toEqual(before);
    expect((await node.pat.list()).mappings).toHaveLength(1);
  });

  test('of none deletes none', async () => {
    await node.pat.create(REQUEST);

    expect((await node.pat.delete([])).value).toEqual([]);
    expect((await node.pat.list()).mappings).toHaveLength(1);
  });
});

describe('in one process', () => {
  test('a second change does not read the kernel rules again', async () => {
    await node.pat.create(REQUEST);
    const before = node.dataplane.calls.length;

    await node.pat.create(REQUEST);

    expect(node.dataplane.calls.slice(before)).toEqual(['facts', 'listeners', 'apply', 'flows']);
  });

  test('the mapping after a disabled one is published', async () => {
    await node.pat.create({ ...REQUEST, enabled: false });

    expect((await node.pat.create(REQUEST)).value.status).toBe('ACTIVE');
  });

  test('a changed gateway address is used without reading the rules again', async () => {
    await node.pat.create(REQUEST);
    node.router.facts = { ...FACTS, gateways: ['203.0.113.20'], addresses: ['203.0.113.20'] };

    expect((await node.pat.create(REQUEST)).value.gateway_ip).toBe('203.0.113.20');
    expect(node.dataplane.count('observe')).toBe(1);
  });
});
