import { beforeEach, describe, expect, test } from '@jest/globals';
import { Requester, ROOT } from '../../../src/core/identity/requester.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { MappingStore } from '../../../src/pat/interfaces/store.ts';
import { Agent } from '../../../src/pat/reconcile/agent.ts';
import type { PortInUse } from '../../../src/pat/router/port-in-use.ts';
import { RouterService } from '../../../src/pat/services/router-service.ts';
import { RouterDirectory } from '../../../src/pat/target/router-directory.ts';
import { FakeCloud, routerOf } from '../../support/fake-cloud.ts';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, type FakeNode, fakeNode, POLICY } from '../../support/fake-node.ts';
import { FACTS, FORWARD, factsOf, GATEWAY, idOf, REQUEST, ROUTER } from '../../support/samples.ts';

let node: FakeNode;
let routers: RouterService;

beforeEach(() => {
  node = fakeNode();
  const { store, dataplane, clock, log } = node;
  routers = new RouterService({ store, dataplane, clock, agent: new Agent(dataplane, clock, log), settings: POLICY });
});

const inUse = (changes: Partial<PortInUse>): PortInUse => ({
  protocol: 'tcp',
  cidr: '0.0.0.0/0',
  first: 4001,
  last: 4001,
  kind: 'rule',
  text: 'a rule',
  ...changes,
});

describe('list', () => {
  test('gives every router with its gateway address, mappings and free ports', async () => {
    node.dataplane.add(new FakeRouter(factsOf('west')));
    await node.pat.create(REQUEST);

    expect((await routers.list(ROOT)).routers).toEqual([
      {
        router_id: ROUTER,
        name: null,
        project_id: null,
        namespace: `qrouter-${ROUTER}`,
        gateway_ips: [GATEWAY],
        mappings: 1,
        free_ports: { tcp: 3, udp: 4 },
        used_ports: { tcp: 1, udp: 0 },
      },
      {
        router_id: 'west',
        name: null,
        project_id: null,
        namespace: 'west',
        gateway_ips: [GATEWAY],
        mappings: 0,
        free_ports: { tcp: 4, udp: 4 },
        used_ports: { tcp: 0, udp: 0 },
      },
    ]);
  });

  test('gives no free ports for a router without a gateway address', async () => {
    node.router.facts = { ...FACTS, gateways: [] };

    expect((await routers.list(ROOT)).routers).toMatchObject([{ gateway_ips: [], free_ports: { tcp: 0, udp: 0 } }]);
  });

  test('leaves out a router that is deleted while it is listed', async () => {
    for (let number = 0; number < 20; number++) node.dataplane.add(new FakeRouter(factsOf(`r${number}`)));
    node.dataplane.failNext('observe', praasError('ROUTER_NOT_FOUND', { router: ROUTER, known: [] }));

    expect(await routers.list(ROOT)).toMatchObject({ routers: { length: 20 }, failures: [] });
  });

  test('gives a record that cannot be read as the reason why there is no router, beside the list', async () => {
    node.dataplane.lose(ROUTER);
    const { store, dataplane, clock, log } = node;
    const damaged = praasError('STORE_DAMAGED', { path: '/srv/state/edge.json', reason: 'empty', aside: undefined });
    const unreadable: MappingStore = {
      ...store,
      routers: async () => [ROUTER],
      read: async () => Promise.reject(damaged),
    };
    const agent = new Agent(dataplane, clock, log);
    const service = new RouterService({ store: unreadable, dataplane, clock, agent, settings: POLICY });

    expect(await service.list(ROOT)).toMatchObject({ routers: [], failures: [{ code: 'STORE_DAMAGED' }] });
  });

  test('gives why there is no router although mappings are stored, to those who see all', async () => {
    await node.pat.create(REQUEST);
    node.dataplane.lose(ROUTER);
    expect(await routers.list(ROOT)).toMatchObject({ routers: [], failures: [{ code: 'ROUTER_NOT_FOUND' }] });
    expect(await routers.list(new Requester({ name: 'ann', role: 'member', projectId: 'a' }))).toMatchObject({
      routers: [],
      failures: [],
    });

    await node.pat.delete((await node.pat.list()).mappings.map(({ id }) => id));
    expect(await routers.list(ROOT)).toMatchObject({ routers: [], failures: [] });
  });

  test('gives why a router cannot be read, and the other routers', async () => {
    node.dataplane.add(new FakeRouter(factsOf('west')));
    node.dataplane.failNext('observe', praasError('TOOL_MISSING', { tool: 'nft', package: 'nftables' }));

    expect(await routers.list(ROOT)).toMatchObject({ routers: { length: 1 }, failures: [{ code: 'TOOL_MISSING' }] });
  });
});

describe('show', () => {
  test('adds the networks, the mappings in the kernel, unmanaged rules and warnings', async () => {
    await node.pat.create(REQUEST);
    node.router.warnings = [{ code: 'BOTH_IPTABLES_VARIANTS', text: 'a warning' }];
    node.router.portsInUse = [
      inUse({ text: 'on every address' }),
      inUse({ text: 'on the gateway', cidr: `${GATEWAY}/32`, kind: 'listener' }),
      inUse({ text: 'inside', cidr: '10.20.0.1/32' }),
    ];

    expect(await routers.show(ROUTER, ROOT)).toEqual({
      router_id: ROUTER,
      name: null,
      project_id: null,
      namespace: `qrouter-${ROUTER}`,
      gateway_ips: [GATEWAY],
      mappings: 1,
      free_ports: { tcp: 2, udp: 4 },
      used_ports: { tcp: 1, udp: 0 },
      networks: ['10.20.0.0/24', '10.30.0.0/16'],
      mappings_in_kernel: 1,
      unmanaged: ['on every address', 'on the gateway'],
      warnings: ['a warning'],
      drift: { missing: [], unexpected: [] },
    });
  });

  test('shows drift as read from the kernel, and repairs nothing', async () => {
    await node.pat.create(REQUEST);
    node.router.flush();
    node.router.inject({ ...FORWARD, mapping_id: idOf(7), router_port: 5000 });

    expect((await routers.show(ROUTER, ROOT)).drift).toEqual({ missing: [idOf(1)], unexpected: [idOf(7)] });
    expect(node.router.entries).toHaveLength(1);
  });

  test.each(['nowhere', '../nowhere'])('of %s, a router that is not on this node, is refused', async (reference) => {
    expect((await errorOf(routers.show(reference, ROOT))).code).toBe('ROUTER_NOT_FOUND');
  });

  test('of a router whose rules are under another name is refused with that name', async () => {
    await node.pat.create(REQUEST);
    expect(await routers.misplaced()).toEqual([]);
    node.dataplane.lose(ROUTER);
    const renamed = new FakeRouter(factsOf('kept'));
    node.dataplane.add(renamed);
    expect((await errorOf(routers.show(ROUTER, ROOT))).code).toBe('ROUTER_NOT_FOUND');
    expect(await routers.misplaced()).toEqual([]);

    renamed.inject({ ...FORWARD, mapping_id: idOf(1) });
    const found = { code: 'RULES_ELSEWHERE', facts: { router: ROUTER, holder: 'kept' } };
    expect(await errorOf(routers.show(ROUTER, ROOT))).toMatchObject(found);
    expect(await routers.misplaced()).toMatchObject([found]);
  });

  test('changes nothing', async () => {
    await routers.show(ROUTER, ROOT);
    await routers.list(ROOT);

    expect(node.dataplane.count('apply')).toBe(0);
    expect((await node.store.routers()).includes(ROUTER)).toBe(false);
  });
});

test('an ID is not looked up as a name, because a tenant may name a router like the ID of another one', async () => {
  const directory = new RouterDirectory();
  const cloud = new FakeCloud();
  cloud.itsRouters.push(routerOf({ id: idOf(320), name: ROUTER }));
  await directory.refresh(cloud);
  const { store, dataplane, clock, log } = fakeNode();
  const agent = new Agent(dataplane, clock, log);
  const named = new RouterService({ store, dataplane, clock, agent, settings: POLICY, directory });

  expect(named.idOf(ROUTER, ROOT)).toBe(ROUTER);
  expect(named.idOf('edge', ROOT)).toBe(ROUTER);
});
