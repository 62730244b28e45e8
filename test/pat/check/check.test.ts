/** Why a mapping cannot be reached: the verdict of each hop, and the conclusion. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Requester, ROOT } from '../../../src/core/identity/requester.ts';
import {
  judgeConnection,
  judgeCounters,
  judgeGroups,
  judgeMapping,
  judgeNeutronPort,
  judgeRule,
} from '../../../src/pat/check/judge.ts';
import {
  type CheckReport,
  HOP_LABELS,
  type Hop,
  type HopName,
  type HopVerdict,
} from '../../../src/pat/check/report.ts';
import { type CheckLimits, CheckService } from '../../../src/pat/check/service.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { SecurityGroupRule } from '../../../src/pat/interfaces/cloud.ts';
import type { Prober } from '../../../src/pat/interfaces/prober.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { Agent } from '../../../src/pat/reconcile/agent.ts';
import type { ForwardedPacket, Forwarding } from '../../../src/pat/router/forwarding.ts';
import { FakeCloud, portOf, WEB, WEB_PORT } from '../../support/fake-cloud.ts';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { tenant } from '../../support/requests.ts';
import { FORWARD, factsOf, GATEWAY, idOf, REQUEST } from '../../support/samples.ts';

const MEMBER = tenant('member', 'blue');
const IDENTITY = { server_id: WEB, port_id: WEB_PORT };

let node: FakeNode;
let cloud: FakeCloud;
let reached: Awaited<ReturnType<Prober['connect']>>;
let hasCloud: boolean;
let mapping: Mapping;

beforeEach(async () => {
  node = fakeNode();
  cloud = new FakeCloud();
  reached = 'open';
  hasCloud = true;
  mapping = (await node.pat.create(REQUEST)).value;
});

/** The service, over mappings that know their server as OpenStack does. */
function service(more: Partial<Mapping> = {}): CheckService {
  const { store, dataplane, clock, log, pat } = node;
  return new CheckService({
    store,
    dataplane,
    agent: new Agent(dataplane, clock, log),
    pat: { get: async (id) => ({ ...(await pat.get(id)), ...IDENTITY, ...more }) },
    prober: { connect: async () => reached },
    cloud: async () => (hasCloud ? cloud : undefined),
  });
}

const verdictsOf = (hops: readonly Hop[]): Partial<Record<HopName, HopVerdict>> =>
  Object.fromEntries(hops.map(({ hop, verdict }) => [hop, verdict]));

test('OpenStack is asked once for the port', async () => {
  await service().check(mapping.id, ROOT);

  expect(cloud.asked.filter((question) => question === 'port')).toHaveLength(1);
});

test('without a problem every hop is ok, and the conclusion names the published port', async () => {
  cloud.itsRules.push(openTo(22));
  const { hops, ok, conclusion } = await service().check(mapping.id, ROOT);

  expect(verdictsOf(hops)).toEqual({
    mapping: 'ok',
    router: 'ok',
    node: 'ok',
    connection_table: 'ok',
    interfaces: 'ok',
    other_rules: 'ok',
    rule: 'ok',
    counters: 'skipped',
    forwarding: 'ok',
    address_scope: 'ok',
    filter: 'ok',
    security_group: 'ok',
    port: 'ok',
    server: 'ok',
    connection: 'ok',
  });
  expect(ok).toBe(true);
  expect(conclusion).toContain(`${GATEWAY}:4000/tcp`);
});

test('without OpenStack its hops are skipped, and the others are checked', async () => {
  hasCloud = false;
  const { hops, ok } = await service({ server_id: null, port_id: null }).check(mapping.id, ROOT);

  expect(verdictsOf(hops)).toMatchObject({ router: 'skipped', port: 'skipped', rule: 'ok', connection: 'ok' });
  expect(ok).toBe(true);
});

describe('the first failure, with its next step, is the conclusion:', () => {
  const expectFirstFailure = ({ hops, ok, conclusion }: CheckReport, expected: Hop): void => {
    expect(expected.verdict).toBe('failed');
    expect(hops.find(({ verdict }) => verdict === 'failed')).toEqual(expected);
    expect(ok).toBe(false);
    expect(conclusion).toContain(expected.detail.slice(1));
    expect(conclusion).toContain(expected.next_step);
  };
  const portOfWeb = () => portOf({ ...cloud.itsPorts.find(({ id }) => id === WEB_PORT), id: WEB_PORT });

  test.each(['refused', 'timeout', 'unreachable'] as const)('a connection that gives %s', async (how) => {
    reached = how;
    cloud.itsRules.push(openTo(22));

    expectFirstFailure(await service().check(mapping.id, ROOT), judgeConnection(how, mapping, true));
  });

  test('a disabled mapping, before the hops that it affects', async () => {
    await node.pat.update(mapping.id, { enabled: false });
    const report = await service().check(mapping.id, ROOT);

    expectFirstFailure(report, judgeMapping({ ...mapping, enabled: false }));
    expect(verdictsOf(report.hops).rule).toBe('skipped');
  });

  test('missing rules', async () => {
    node.router.entries = [];

    expectFirstFailure(
      await service().check(mapping.id, ROOT),
      judgeRule(mapping, { missing: [mapping.id], unexpected: [] }),
    );
  });

  test('a router that is not on this node', async () => {
    node.dataplane.lose(mapping.router_id);
    const { hops } = await service().check(mapping.id, ROOT);

    expect(verdictsOf(hops)).toMatchObject({ node: 'failed', rule: 'skipped', address_scope: 'skipped' });
  });

  test('a router whose rules are under another name, which is told to those who see hosts', async () => {
    node.dataplane.lose(mapping.router_id);
    const renamed = new FakeRouter(factsOf('kept'));
    renamed.inject({ ...FORWARD, mapping_id: mapping.id });
    node.dataplane.add(renamed);
    const hopFor = async (requester: Requester): Promise<Hop | undefined> =>
      (await service().check(mapping.id, requester)).hops.find(({ hop }) => hop === 'node');

    expect(await hopFor(ROOT)).toMatchObject({ verdict: 'failed', next_step: expect.stringContaining('kept') });
    const told = await hopFor(MEMBER);
    expect(told).toMatchObject({ verdict: 'failed', next_step: '' });
    expect(told?.detail).not.toContain('kept');
  });

  test('security groups that drop the packets', async () => {
    cloud.itsRules.length = 0;
    reached = 'timeout';
    const report = await service().check(mapping.id, ROOT);

    expectFirstFailure(report, judgeGroups(portOfWeb(), cloud.itsGroups, [], mapping));
    // They drop the packets of the router too, so its timeout does not say anything about the server.
    expect(verdictsOf(report.hops).connection).toBe('unknown');
  });

  test('a port with another address, and one that was deleted', async () => {
    cloud.itsRules.push(openTo(22));
    const server_ip = '10.20.0.99';

    expectFirstFailure(
      await service({ server_ip }).check(mapping.id, ROOT),
      judgeNeutronPort(portOfWeb(), { ...mapping, server_ip }, true),
    );
    expectFirstFailure(
      await service({ port_id: mapping.id }).check(mapping.id, ROOT),
      judgeNeutronPort(undefined, mapping, true),
    );
  });
});

test('an unavailable OpenStack makes hops unknown and none failed, and the conclusion names them', async () => {
  cloud.isAway = true;
  const { hops, ok, conclusion } = await service().check(mapping.id, ROOT);

  expect(verdictsOf(hops)).toMatchObject({
    router: 'unknown',
    port: 'unknown',
    security_group: 'unknown',
    server: 'unknown',
    rule: 'ok',
    connection: 'ok',
  });
  expect(ok).toBe(true);
  const unchecked = (['router', 'security_group', 'port', 'server'] as const).map((hop) => HOP_LABELS[hop]);
  expect(conclusion).toContain(unchecked.join(', '));
});

test('what OpenStack says to the account of the node is shown to operators only', async () => {
  const secret = 'port 5ec5ec on network 0f-others';
  const refusal = praasError('CLOUD_REFUSED', { service: 'network', status: 403, reason: secret });
  const refuse = (): Promise<never> => Promise.reject(refusal);
  Object.assign(cloud, { router: refuse, port: refuse, server: refuse });
  node.dataplane.facts = () => Promise.reject(praasError('KERNEL_UNREADABLE', { router: 'r', output: secret }));

  expect(JSON.stringify(await service().check(mapping.id, MEMBER))).not.toContain(secret);
  expect(JSON.stringify(await service().check(mapping.id, ROOT)).split(secret).length).toBeGreaterThan(4);
});

test('hosts are shown to operators only', async () => {
  const hopsFor = async (requester: Requester = ROOT): Promise<string> =>
    JSON.stringify((await service().check(mapping.id, requester)).hops);

  expect(await hopsFor()).toContain('node-1');
  expect(await hopsFor(MEMBER)).not.toContain('node-1');
});

describe('the connection table of the router', () => {
  const checkWith = async (
    otherConnections: number,
    requester: Requester = ROOT,
  ): Promise<Awaited<ReturnType<CheckService['check']>>> => {
    node.router.connectionLimit = 1000;
    node.router.otherConnections = otherConnections;
    cloud.itsRules.push(openTo(22));
    return service().check(mapping.id, requester);
  };
  const hopOf = (hops: readonly Hop[]): Hop | undefined => hops.find(({ hop }) => hop === 'connection_table');

  test('with low usage is ok', async () => {
    const { hops, ok, conclusion } = await checkWith(799);
    expect(hopOf(hops)).toMatchObject({ verdict: 'ok', detail: expect.stringContaining('799 of 1000') });
    expect(ok).toBe(true);
    expect(conclusion).not.toContain('799');
  });

  test('with high usage is a warning, which the conclusion names', async () => {
    const { hops, ok, conclusion } = await checkWith(900);
    expect(hopOf(hops)).toMatchObject({ verdict: 'warning', next_step: expect.stringContaining('nf_conntrack_max') });
    expect(ok).toBe(true);
    expect(conclusion).toContain('900 of 1000');
  });

  test('that is nearly full is the first failure', async () => {
    const { hops, ok, conclusion } = await checkWith(990);
    expect(hopOf(hops)).toMatchObject({ verdict: 'failed' });
    expect(ok).toBe(false);
    expect(conclusion).toContain('990 of 1000');
  });

  test('is reported to a project without settings of the node', async () => {
    const { hops } = await checkWith(990, MEMBER);
    expect(hopOf(hops)).toMatchObject({ verdict: 'failed', next_step: expect.not.stringContaining('nf_conntrack') });
  });

  test('that cannot be read is unknown', async () => {
    node.dataplane.failNext('connectionTable', praasError('TOOL_TIMEOUT', { command: 'cat', seconds: 10 }));
    const { hops } = await checkWith(1);
    expect(hopOf(hops)).toMatchObject({ verdict: 'unknown' });
  });

  test('of a router that is not on this node is skipped', async () => {
    node.dataplane.lose(mapping.router_id);
    expect(hopOf((await service().check(mapping.id, ROOT)).hops)).toMatchObject({ verdict: 'skipped' });
  });
});

describe('what the router does with packets beside the rules of praas:', () => {
  const RULE = '-A FORWARD -j DROP in table filter';
  const NOTHING_WRONG = /No problem found/;
  const checkAs = async (
    requester: Requester = ROOT,
  ): Promise<CheckReport & { of: (hop: HopName) => Hop | undefined }> => {
    cloud.itsRules.push(openTo(22));
    const report = await service().check(mapping.id, requester);
    return { ...report, of: (name) => report.hops.find(({ hop }) => hop === name) };
  };
  const change = (more: Partial<Forwarding>): void => {
    node.router.forwarding = { ...node.router.forwarding, ...more };
  };

  test('without a problem the conclusion says so', async () => {
    expect((await checkAs()).conclusion).toMatch(NOTHING_WRONG);
  });

  test('forwarding that is off, in the router or on the external interface, is the failure', async () => {
    change({ isEnabled: false });
    const off = await checkAs();
    expect(off.of('forwarding')).toMatchObject({
      verdict: 'failed',
      next_step: expect.stringContaining('ip_forward=1'),
    });
    expect([off.ok, off.conclusion]).toEqual([false, expect.stringContaining('ip_forward')]);

    change({ isEnabled: true, disabledInterfaces: ['qr-5be5f541-c7'] });
    expect((await checkAs()).of('forwarding')?.verdict).toBe('ok');
    change({ disabledInterfaces: ['qg-1841a257-44'] });
    expect((await checkAs()).of('forwarding')?.verdict).toBe('failed');
  });

  test.each([
    [0, 'external'],
    [1, 'internal'],
  ])('interface %i of the router that is down is the failure: the %s one', async (index, side) => {
    const { interfaces } = node.router.forwarding;
    change({ interfaces: interfaces.map((each, at) => (at === index ? { ...each, isUp: false } : each)) });
    const { of, ok } = await checkAs();
    expect(of('interfaces')).toMatchObject({ verdict: 'failed', detail: expect.stringContaining(side) });
    expect(ok).toBe(false);
  });

  test('a gateway address that no interface has is the failure', async () => {
    const { interfaces } = node.router.forwarding;
    change({ interfaces: interfaces.map((each, at) => (at === 0 ? { ...each, addresses: [] } : each)) });
    const { of, ok } = await checkAs();
    expect(of('interfaces')).toMatchObject({ verdict: 'failed', detail: expect.stringContaining('gateway address') });
    expect(ok).toBe(false);
  });

  test('an interface that is not on the path may be down', async () => {
    change({ interfaces: [...node.router.forwarding.interfaces, { name: 'qr-other', isUp: false, addresses: [] }] });
    expect((await checkAs()).of('interfaces')?.verdict).toBe('ok');
  });

  test('a filter is asked for the packet of the mapping, and what drops it is quoted', async () => {
    const asked: ForwardedPacket[] = [];
    change({
      filter: (packet) => {
        asked.push(packet);
        return { verdict: 'drops', by: RULE };
      },
    });
    const { of, ok, conclusion } = await checkAs();

    expect(of('filter')).toMatchObject({ verdict: 'failed', detail: expect.stringContaining(RULE) });
    expect([ok, conclusion]).toEqual([false, expect.stringContaining(RULE)]);
    const { protocol, server_ip, server_port, gateway_ip, router_port } = mapping;
    const interfaces = { from: 'qg-1841a257-44', to: 'qr-5be5f541-c7' };
    expect(asked).toMatchObject([{ protocol, server_ip, server_port, gateway_ip, router_port, ...interfaces }]);
  });

  test('a router without a route for requests or replies is the failure; a routing rule for some clients is unknown', async () => {
    change({ route: () => ({ verdict: 'drops', by: 'Invalid argument', ofReplies: true }) });
    const without = await checkAs();
    expect(without.of('forwarding')).toMatchObject({
      verdict: 'failed',
      detail: expect.stringMatching(/replies.*Invalid argument/),
      next_step: expect.stringContaining('rule show'),
    });
    expect(without.conclusion).toContain('Invalid argument');

    change({ route: () => ({ verdict: 'may_drop', by: 'ip rule 99: from 192.0.2.0/24 blackhole' }) });
    const some = await checkAs();
    expect(some.of('forwarding')).toMatchObject({ verdict: 'unknown', detail: expect.stringContaining('ip rule 99') });
    expect(some.conclusion).not.toMatch(NOTHING_WRONG);
  });

  test('a rule that may drop it is unknown, and the conclusion does not say that nothing is wrong', async () => {
    change({ filter: () => ({ verdict: 'may_drop', by: RULE }) });
    const { of, ok, conclusion } = await checkAs();
    expect(of('filter')).toMatchObject({ verdict: 'unknown', detail: expect.stringContaining(RULE) });
    expect(ok).toBe(true);
    expect(conclusion).not.toMatch(NOTHING_WRONG);
    expect(conclusion).toContain(HOP_LABELS.filter);
  });

  test('a translation by others is named, and one that is not seen is unknown too', async () => {
    const text = 'table inet theirs, chain pre, handle 4: tcp 203.0.113.10/32 port 4000 dnat';
    const range = { protocol: 'tcp', cidr: '203.0.113.0/24', first: 3999, last: 4001, text } as const;
    node.router.portsInUse = [{ ...range, kind: 'rule' }];
    const named = await checkAs();
    expect(named.of('other_rules')).toMatchObject({ verdict: 'unknown', detail: expect.stringContaining(text) });
    expect(named.conclusion).not.toMatch(NOTHING_WRONG);

    node.router.portsInUse = [{ ...range, first: 4001, kind: 'rule' }];
    expect((await checkAs()).of('other_rules')?.verdict).toBe('ok');
    node.router.warnings = [{ code: 'TRANSLATIONS_NOT_SEEN', text: 'edge: nft is not installed.' }];
    expect((await checkAs()).of('other_rules')).toMatchObject({
      verdict: 'unknown',
      detail: 'edge: nft is not installed',
    });
  });

  test('a project is told which hop fails, and no rule, interface or setting of the node', async () => {
    const { interfaces } = node.router.forwarding;
    change({
      isEnabled: false,
      interfaces: interfaces.map((each) => ({ ...each, isUp: false })),
      filter: () => ({ verdict: 'drops', by: RULE }),
    });
    const text = 'a rule of theirs';
    node.router.portsInUse = [{ protocol: 'tcp', cidr: '0.0.0.0/0', first: 1, last: 9999, kind: 'rule', text }];
    const { hops } = await checkAs(MEMBER);

    expect(verdictsOf(hops)).toMatchObject({
      interfaces: 'failed',
      forwarding: 'failed',
      filter: 'failed',
      other_rules: 'unknown',
    });
    expect(JSON.stringify(hops)).not.toMatch(/FORWARD|qg-|qr-|theirs|sysctl/);
  });

  test('what cannot be read is unknown, and the rest is judged', async () => {
    node.dataplane.failNext('forwarding', praasError('TABLE_UNREADABLE', { router: 'edge', table: 'nat' }));
    const { hops, conclusion } = await checkAs();
    expect(verdictsOf(hops)).toMatchObject({
      interfaces: 'unknown',
      forwarding: 'unknown',
      filter: 'unknown',
      rule: 'ok',
    });
    expect(conclusion).not.toMatch(NOTHING_WRONG);
  });

  test('a router that cannot be read at all says so in each of its hops, and none is failed or ok', async () => {
    node.dataplane.failNext('observe', praasError('TABLE_UNREADABLE', { router: 'edge', table: 'nat' }));
    const { of, conclusion } = await checkAs();
    for (const hop of ['node', 'other_rules', 'rule', 'interfaces', 'forwarding', 'filter'] as const) {
      expect(of(hop)).toMatchObject({ verdict: 'unknown', detail: expect.stringContaining('nat') });
    }
    expect(conclusion).not.toMatch(NOTHING_WRONG);
    expect(conclusion).toContain('table nat');
  });
});

describe('a port that may hold a virtual address, DOWN and bound to no host as it should be:', () => {
  beforeEach(() => {
    const virtual = { host: '', status: 'DOWN', device_id: '', device_owner: '' };
    const index = cloud.itsPorts.findIndex(({ id }) => id === WEB_PORT);
    cloud.itsPorts[index] = portOf({ ...cloud.itsPorts[index], id: WEB_PORT, ...virtual });
  });
  const check = (): Promise<CheckReport> => service({ server_id: null }).check(mapping.id, ROOT);

  test('is ok when the connection works, and its own security groups do not count', async () => {
    cloud.itsRules.length = 0;
    const { hops, ok, conclusion } = await check();
    expect(verdictsOf(hops)).toMatchObject({ port: 'ok', security_group: 'skipped', connection: 'ok' });
    expect(hops.find(({ hop }) => hop === 'port')?.detail).toContain('virtual');
    expect(ok).toBe(true);
    expect(conclusion).toMatch(/No problem found/);
  });

  test('is unknown when it does not answer, and no step starts a server', async () => {
    reached = 'timeout';
    const { hops, ok, conclusion } = await check();
    expect(verdictsOf(hops)).toMatchObject({ port: 'unknown', security_group: 'skipped', connection: 'unknown' });
    expect(JSON.stringify(hops)).not.toContain('Start the server');
    expect(ok).toBe(true);
    expect(conclusion).not.toMatch(/No problem found/);
  });

  test('a refusal is still a failure of the connection', async () => {
    reached = 'refused';
    expect(verdictsOf((await check()).hops)).toMatchObject({ port: 'unknown', connection: 'failed' });
  });

  test('an unbound port of a server is still the failure', async () => {
    const index = cloud.itsPorts.findIndex(({ id }) => id === WEB_PORT);
    cloud.itsPorts[index] = portOf({ ...cloud.itsPorts[index], id: WEB_PORT, device_owner: 'compute:nova' });
    expect(verdictsOf((await service().check(mapping.id, ROOT)).hops).port).toBe('failed');
  });
});

test('UDP is not probed', async () => {
  const { value } = await node.pat.create({ ...REQUEST, protocol: 'udp' });
  expect(verdictsOf((await service().check(value.id, ROOT)).hops).connection).toBe('skipped');
});

test('no packets are not a failure', () => {
  expect(judgeCounters({ packets: 0, bytes: 0, last_hit_at: null }).verdict).toBe('ok');
});

function openTo(port: number): SecurityGroupRule {
  return {
    id: 'rule',
    security_group_id: idOf(150),
    project_id: 'blue',
    direction: 'ingress',
    ethertype: 'IPv4',
    protocol: 'tcp',
    port_range_min: port,
    port_range_max: port,
    remote_ip_prefix: null,
    remote_group_id: null,
    remote_address_group_id: null,
    description: '',
  };
}

test('nothing is shown of a server of another project whose ID is on the port', async () => {
  const index = cloud.itsServers.findIndex(({ id }) => id === WEB);
  cloud.itsServers[index] = { id: WEB, name: 'secret', project_id: 'red', status: 'SHUTOFF' };
  const { hops } = await service().check(mapping.id, ROOT);

  expect(JSON.stringify(hops)).not.toMatch(/secret|SHUTOFF/);
  expect(verdictsOf(hops).server).toBe('failed');
});

test('the server is not probed from a standby HA instance', async () => {
  const { dataplane } = node;
  const facts = dataplane.facts.bind(dataplane);
  dataplane.facts = async (router_id) => ({ ...(await facts(router_id)), isStandby: true });
  reached = 'unreachable';
  cloud.itsRules.push(openTo(22));
  const { hops, ok, conclusion } = await service({ status: 'DOWN', status_code: 'ROUTER_STANDBY' }).check(
    mapping.id,
    ROOT,
  );

  expect(verdictsOf(hops).connection).toBe('skipped');
  expect(ok).toBe(true);
  expect(conclusion).toMatch(/^The mapping is DOWN: standby [^:]* active\.$/);
});

test('a mapping that is DOWN although no hop failed: the conclusion is the reason of its status', async () => {
  cloud.itsRules.push(openTo(22));
  const down = { status: 'DOWN', status_code: 'NO_GATEWAY_ADDRESS', status_reason: 'no address' } as const;
  const { ok, conclusion } = await service(down).check(mapping.id, ROOT);

  expect(ok).toBe(true);
  expect(conclusion).toBe('The mapping is DOWN: no address.');
});

describe('limits of checks under way', () => {
  /** Checks of servers that do not respond until they are told to, in their order. */
  function slow(limits: CheckLimits): { readonly service: CheckService; readonly end: () => void } {
    const { store, dataplane, clock, log, pat } = node;
    const { promise, resolve } = Promise.withResolvers<'timeout'>();
    const agent = new Agent(dataplane, clock, log);
    const parts = { store, dataplane, agent, pat: { get: (id: string) => pat.get(id) }, cloud: async () => undefined };
    const checks = new CheckService({ ...parts, prober: { connect: () => promise }, limits: () => limits });
    return { service: checks, end: () => resolve('timeout') };
  }

  test.each([
    ['max_checks_per_caller', { max_checks_per_caller: 2, max_checks_per_router: -1 }, 'blue'],
    ['max_checks_per_router', { max_checks_per_caller: -1, max_checks_per_router: 2 }, 'red'],
  ] as const)('%s', async (limit, limits, project) => {
    const { service: checks, end } = slow(limits);
    const under = [checks.check(mapping.id, MEMBER), checks.check(mapping.id, MEMBER)];
    await new Promise(setImmediate);

    expect(await errorOf(checks.check(mapping.id, tenant('member', project)))).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      facts: { limit, most: 2, seconds: 5 },
    });
    const ofRoot = checks.check(mapping.id, ROOT);
    end();
    expect((await Promise.all([...under, ofRoot])).map(({ ok }) => ok)).toEqual([false, false, false]);
    expect((await checks.check(mapping.id, tenant('member', project))).ok).toBe(false);
  });

  test('of one caller do not count for another', async () => {
    const { service: checks, end } = slow({ max_checks_per_caller: 1, max_checks_per_router: -1 });
    const all = [checks.check(mapping.id, MEMBER), checks.check(mapping.id, tenant('member', 'red'))];
    end();

    expect(await Promise.all(all)).toHaveLength(2);
  });
});
