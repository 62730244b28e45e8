/** Why a mapping cannot be reached: which hop is said to be wrong, and with which words. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Requester } from '../../../src/core/identity/requester.ts';
import { judgeCounters } from '../../../src/pat/check/judge.ts';
import type { Hop, HopName, HopVerdict } from '../../../src/pat/check/report.ts';
import { CheckService } from '../../../src/pat/check/service.ts';
import type { SecurityGroupRule } from '../../../src/pat/interfaces/cloud.ts';
import type { Prober } from '../../../src/pat/interfaces/prober.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { Agent } from '../../../src/pat/reconcile/agent.ts';
import { FakeCloud, WEB, WEB_PORT } from '../../support/fake-cloud.ts';
import { type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { tenant } from '../../support/requests.ts';
import { idOf, WANTED } from '../../support/samples.ts';

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
  mapping = (await node.pat.create(WANTED)).value;
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
const detailOf = (hops: readonly Hop[], name: HopName): string => hops.find(({ hop }) => hop === name)?.detail ?? '';

test('all in order: every hop is ok, and the rest of the way is named', async () => {
  cloud.itsRules.push(openTo(22));
  const { hops, ok, conclusion } = await service().check(mapping.id);

  expect(verdictsOf(hops)).toEqual({
    mapping: 'ok',
    router: 'ok',
    node: 'ok',
    rule: 'ok',
    counters: 'skipped',
    address_scope: 'ok',
    security_group: 'ok',
    port: 'ok',
    server: 'ok',
    connection: 'ok',
  });
  expect(ok).toBe(true);
  expect(conclusion).toMatch(/^Nothing is wrong between the router and the server: .*look between the caller/);
});

test('without OpenStack what only it knows is skipped, and the rest is found out', async () => {
  hasCloud = false;
  const { hops, ok } = await service({ server_id: null, port_id: null }).check(mapping.id);

  expect(verdictsOf(hops)).toMatchObject({ router: 'skipped', port: 'skipped', rule: 'ok', connection: 'ok' });
  expect(ok).toBe(true);
});

describe('what is wrong is said with what to do', () => {
  test.each([
    ['refused', /nothing listens on 10\.20\.0\.51:22.*start the service/is],
    ['timeout', /does not answer the router/],
    ['unreachable', /nobody answers to the address/],
  ] as const)('a server that is %s', async (how, words) => {
    reached = how;
    cloud.itsRules.push(openTo(22));
    const { conclusion, ok } = await service().check(mapping.id);

    expect(conclusion).toMatch(words);
    expect(ok).toBe(false);
  });

  test('a mapping that is disabled, before all that follows from it', async () => {
    await node.pat.update(mapping.id, { enabled: false });
    const { hops, conclusion } = await service().check(mapping.id);

    expect(verdictsOf(hops)).toMatchObject({ mapping: 'wrong', rule: 'skipped' });
    expect(conclusion).toMatch(/^The mapping is disabled\. .*--enable/);
  });

  test('a rule that somebody took away', async () => {
    node.router.entries = [];
    expect((await service().check(mapping.id)).conclusion).toMatch(/rules of the mapping.*router sync/);
  });

  test('a router that is not here', async () => {
    node.dataplane.lose(mapping.router_id);
    const { hops } = await service().check(mapping.id);

    expect(verdictsOf(hops)).toMatchObject({ node: 'wrong', rule: 'skipped', address_scope: 'skipped' });
  });

  test('security groups that drop it', async () => {
    cloud.itsRules.length = 0;
    reached = 'timeout';
    const { hops, conclusion } = await service().check(mapping.id);

    expect(conclusion).toMatch(/^The server's security groups .* drop tcp 22 from anywhere\..*--open-security-group/);
    // The router is dropped like everybody else: its silence says nothing of the server.
    expect(verdictsOf(hops).connection).toBe('unknown');
  });

  test('a port that has another address now, and one that is gone', async () => {
    cloud.itsRules.push(openTo(22));
    expect((await service({ server_ip: '10.20.0.99' }).check(mapping.id)).conclusion).toMatch(
      /port has 10\.20\.0\.51 now.*--server-ip 10\.20\.0\.51/s,
    );
    expect((await service({ port_id: mapping.id }).check(mapping.id)).conclusion).toMatch(/port is not there any more/);
  });
});

test('a cloud that is away makes hops unknown and none wrong', async () => {
  cloud.isAway = true;
  const { hops, ok, conclusion } = await service().check(mapping.id);

  expect(verdictsOf(hops)).toMatchObject({
    router: 'unknown',
    port: 'unknown',
    security_group: 'unknown',
    server: 'unknown',
    rule: 'ok',
    connection: 'ok',
  });
  expect(ok).toBe(true);
  expect(conclusion).toMatch(/Not found out: router, security groups, port, server\./);
});

test('nodes are named to operators only', async () => {
  const seen = async (requester?: Requester): Promise<string> =>
    JSON.stringify((await service().check(mapping.id, requester)).hops);

  expect(await seen()).toContain('node-1');
  expect(await seen(MEMBER)).not.toContain('node-1');
});

test('UDP is not knocked at', async () => {
  const { value } = await node.pat.create({ ...WANTED, protocol: 'udp' });
  expect(detailOf((await service().check(value.id)).hops, 'connection')).toMatch(/UDP/);
});

test('that nobody has come is no mistake, and says where to look', () => {
  expect(judgeCounters({ packets: 0, bytes: 0, last_hit_at: null })).toMatchObject({
    verdict: 'ok',
    detail: expect.stringContaining('before the router'),
  });
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

test('a server of another project, whose ID somebody wrote on their port, is not told of', async () => {
  const index = cloud.itsServers.findIndex(({ id }) => id === WEB);
  cloud.itsServers[index] = { id: WEB, name: 'secret', project_id: 'red', status: 'SHUTOFF' };
  const { hops } = await service().check(mapping.id);

  expect(JSON.stringify(hops)).not.toMatch(/secret|SHUTOFF/);
  expect(verdictsOf(hops).server).toBe('wrong');
});

test('a router that stands by is not tried from here', async () => {
  const { dataplane } = node;
  const facts = dataplane.facts.bind(dataplane);
  dataplane.facts = async (router_id) => ({ ...(await facts(router_id)), isStandby: true });
  reached = 'unreachable';
  const { hops } = await service().check(mapping.id);

  expect(verdictsOf(hops).connection).toBe('skipped');
});
