/** The rules of security groups follow their mappings through every change, on one node and on two that do not know each other. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import type { SecurityGroupRule } from '../../../src/pat/interfaces/cloud.ts';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { CloudTargets } from '../../../src/pat/target/cloud-targets.ts';
import { SecurityGroups } from '../../../src/pat/target/security-groups.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { DEMO, FakeCloud, OTHER, portOf, WEB_PORT } from '../../support/fake-cloud.ts';
import { errorOf, type FakeNode, fakeNode, ListLog } from '../../support/fake-node.ts';
import { localTargets } from '../../support/local-targets.ts';
import { POLICY_BY_DEFAULT, tenant } from '../../support/requests.ts';
import { idOf, NOW } from '../../support/samples.ts';

const requester = tenant('member', DEMO, 'alice');
const DB = idOf(102);
const DB_PORT = idOf(122);
const GROUP = idOf(150);

let cloud: FakeCloud;
let node: FakeNode;

beforeEach(() => {
  cloud = new FakeCloud();
  const fixed_ips = [{ ip_address: '10.20.0.52', subnet_id: idOf(131) }];
  cloud.itsServers.push({ id: DB, name: 'db', project_id: DEMO, status: 'ACTIVE' });
  cloud.itsPorts.push(portOf({ id: DB_PORT, device_id: DB, fixed_ips, security_group_ids: [idOf(151)] }));
  cloud.itsGroups.push({ id: idOf(151), name: 'db', project_id: DEMO });
  node = nodeOf(0);
});

/** A node with a state of its own on the cloud; the IDs of its mappings begin after `first`. */
function nodeOf(first: number): FakeNode {
  const clock = new FakeClock(NOW);
  const groups = new SecurityGroups({ cloud, clock, log: new ListLog() });
  const targets = new CloudTargets({ cloud, policy: POLICY_BY_DEFAULT, local: localTargets() });
  return fakeNode({ targets, groups, clock, firstId: first });
}

/** Of all rules: source, protocol and port, group where it is not that of web. */
const open = (): string[] =>
  cloud.itsRules.map(({ remote_ip_prefix, protocol, port_range_min, security_group_id }) =>
    [remote_ip_prefix ?? 'any', `${protocol} ${port_range_min}`, ...(security_group_id === GROUP ? [] : ['db'])].join(
      ' ',
    ),
  );
const create = async (given: object = {}, on = node): Promise<string> => {
  const request = { router: 'edge', server: 'web', server_port: 22, open_security_group: true, ...given };
  return (await on.pat.create(request, { requester })).value.id;
};
const update = (id: string, patch: object, on = node) => on.pat.update(id, patch, { requester });
/** The rules of a mapping are those that it says it has. */
async function hasItsRules(id: string, on = node): Promise<void> {
  const { security_group_rule_ids: ids } = await on.pat.get(id, requester);
  const own = cloud.itsRules.filter(({ description }) => description === `praas:${id}`);
  expect(ids.toSorted()).toEqual(own.map((rule) => rule.id).toSorted());
}
const tenantRule = (fields: Partial<SecurityGroupRule>): SecurityGroupRule => ({
  id: idOf(800),
  security_group_id: GROUP,
  project_id: DEMO,
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  port_range_min: 22,
  port_range_max: 22,
  remote_ip_prefix: null,
  remote_group_id: null,
  remote_address_group_id: null,
  description: '',
  ...fields,
});

describe('the rules of a mapping', () => {
  test.each<[string, object, object, string[]]>([
    ['narrower sources', {}, { allowed_cidrs: ['198.51.100.0/24'] }, ['198.51.100.0/24 tcp 22']],
    ['wider sources', { allowed_cidrs: ['198.51.100.0/24'] }, { allowed_cidrs: [] }, ['any tcp 22']],
    [
      'one source of two replaced',
      { allowed_cidrs: ['192.0.2.7/32', '198.51.100.0/24'] },
      { allowed_cidrs: ['192.0.2.8/32', '198.51.100.0/24'] },
      ['198.51.100.0/24 tcp 22', '192.0.2.8/32 tcp 22'],
    ],
    ['another port', {}, { server_port: 80 }, ['any tcp 80']],
    ['another server', {}, { server_ip: '10.20.0.52' }, ['any tcp 22 db']],
    ['another name: nothing', {}, { name: 'ssh' }, ['any tcp 22']],
    ['disabled', {}, { enabled: false }, []],
    ['a later expiry', {}, { expires_at: '2031-01-01T00:00:00Z' }, ['any tcp 22']],
  ])('follow: %s', async (_, given, patch, expected) => {
    cloud.itsRules.push(tenantRule({ port_range_min: 443, port_range_max: 443 }));
    const id = await create(given);
    await hasItsRules(id);

    const { value, warnings } = await update(id, patch);

    expect(open()).toEqual(['any tcp 443', ...expected]);
    expect(warnings).toEqual([]);
    expect(value).toEqual(await node.pat.get(id, requester));
    await hasItsRules(id);
    await node.pat.delete([id], { requester });
    expect(open()).toEqual(['any tcp 443']);
  });

  test('a dry run leaves them', async () => {
    const id = await create();
    await node.pat.update(id, { enabled: false }, { requester, dryRun: true });
    await node.pat.delete([id], { requester, dryRun: true });

    expect(open()).toEqual(['any tcp 22']);
  });

  test('are none before it is enabled, and back after', async () => {
    const id = await create({ enabled: false });
    expect(open()).toEqual([]);
    await update(id, { enabled: true });
    expect(open()).toEqual(['any tcp 22']);
    await update(id, { enabled: false });
    await update(id, { enabled: true, allowed_cidrs: ['192.0.2.7/32'] });
    expect(open()).toEqual(['192.0.2.7/32 tcp 22']);
    await hasItsRules(id);
  });

  test('go when it expires, without a request, and come back with a later expiry', async () => {
    const id = await create({ expires_at: '2030-01-01T00:01:00Z' });
    await node.pat.sync((await node.pat.get(id, requester)).router_id);
    expect(open()).toEqual(['any tcp 22']);

    node.clock.advance(61);
    await node.pat.sync((await node.pat.get(id, requester)).router_id);
    await node.follower.idle();
    expect(open()).toEqual([]);
    await hasItsRules(id);

    await update(id, { expires_at: '2030-01-02T00:00:00Z' });
    expect(open()).toEqual(['any tcp 22']);
  });

  test('follow a server that the monitor follows, and go while it is suspended without rules', async () => {
    const id = await create();
    const { router_id, server_ip, server_id, port_id } = await node.pat.get(id, requester);
    const of = { mapping_id: id, router_id, seen: { server_ip, server_id, port_id } };
    const to = { server_ip: '10.20.0.52', server_id: DB, port_id: DB_PORT };
    const why = reason('PORT_DELETED', { port: WEB_PORT });

    await node.corrections.apply([{ action: 'follow', ...of, to, reason: why }]);
    expect(open()).toEqual(['any tcp 22 db']);
    await node.corrections.apply([{ action: 'suspend', ...of, seen: to, reason: why, rules_removed: false }]);
    expect(open()).toEqual(['any tcp 22 db']);
    await node.corrections.apply([{ action: 'suspend', ...of, seen: to, reason: why, rules_removed: true }]);
    expect(open()).toEqual([]);
    await node.corrections.apply([{ action: 'resume', ...of, seen: to }]);
    expect(open()).toEqual(['any tcp 22 db']);
    await hasItsRules(id);
    await node.corrections.apply([{ action: 'delete', ...of, seen: to, reason: why }]);
    expect(open()).toEqual([]);
  });

  test('follow when the port gets other groups, at the next look', async () => {
    const id = await create();
    cloud.changePort(WEB_PORT, { security_group_ids: [idOf(151)] });
    await node.follower.look();

    expect(open()).toEqual(['any tcp 22 db']);
    await hasItsRules(id);
  });

  test('stay while a list of Neutron lacks the port', async () => {
    await create();
    const ports = cloud.itsPorts.splice(0);
    await node.follower.look();
    expect(open()).toEqual(['any tcp 22']);
    cloud.itsPorts.push(...ports);
    await node.follower.look();
    expect(open()).toEqual(['any tcp 22']);
  });

  test('are gone when the mapping cannot be created', async () => {
    await create({ router_port: 4001, open_security_group: false });
    const request = { router: 'edge', server: 'web', server_port: 80, router_port: 4001, open_security_group: true };

    expect((await errorOf(node.pat.create(request, { requester }))).code).toBe('PORT_TAKEN');
    expect(open()).toEqual([]);

    const add = cloud.addSecurityGroupRule.bind(cloud);
    const failure = new Error('refused');
    cloud.addSecurityGroupRule = (rule) => (rule.port === 23 ? Promise.reject(failure) : add(rule));
    const inputs = [22, 23].map((server_port) => ({ ...request, router_port: undefined, server_port }));
    await expect(node.pat.createMany(inputs, { requester })).rejects.toBe(failure);
    expect(open()).toEqual([]);
  });
});

describe('a mapping that opens no group', () => {
  test('is never given a rule, and its owner is told what the group drops', async () => {
    const id = await create({ open_security_group: false, allowed_cidrs: ['192.0.2.7/32'] });
    const { warnings } = await update(id, { server_port: 80 });

    expect(warnings).toEqual([expect.stringContaining('tcp 80 from 192.0.2.7/32')]);
    expect((await update(id, { enabled: false })).warnings).toEqual([]);
    await node.follower.look();
    expect(open()).toEqual([]);
  });
});

describe('a rule of another owner', () => {
  test.each([`praas:${idOf(700)}`, 'praas:ssh', 'praas:', ''])(
    'described "%s" is never removed',
    async (description) => {
      cloud.itsRules.push(tenantRule({ description }));
      const id = await create();
      await update(id, { allowed_cidrs: ['192.0.2.7/32'] });
      await update(id, { enabled: false });
      await node.pat.delete([id], { requester });
      await node.follower.look();

      expect(open()).toEqual(['any tcp 22']);
    },
  );

  test('that a tenant has is enough, and replaced by one of its own when the tenant removes it', async () => {
    cloud.itsRules.push(tenantRule({ description: 'praas:ssh' }));
    const id = await create();
    expect(open()).toEqual(['any tcp 22']);

    cloud.itsRules.splice(0);
    await node.follower.look();
    expect(cloud.itsRules).toMatchObject([{ description: `praas:${id}` }]);
  });

  test('on this node serves both, and the other gets its own at once when that goes', async () => {
    const [first, second] = [await create(), await create()];
    expect(open()).toEqual(['any tcp 22']);
    await hasItsRules(first);
    await hasItsRules(second);

    await node.pat.delete([first], { requester });
    expect(cloud.itsRules).toMatchObject([{ description: `praas:${second}`, port_range_min: 22 }]);
    await hasItsRules(second);
    await update(second, { enabled: false });
    expect(open()).toEqual([]);
  });

  test('that is wider does not count: it goes with its mapping', async () => {
    await create();
    await create({ allowed_cidrs: ['192.0.2.7/32'] });

    expect(open()).toEqual(['any tcp 22', '192.0.2.7/32 tcp 22']);
  });
});

describe('two nodes that do not know each other', () => {
  let other: FakeNode;
  beforeEach(() => {
    other = nodeOf(50);
  });

  test('never delete a rule of the other, and each gets its own when the rule of the other goes', async () => {
    const here = await create();
    const there = await create({}, other);
    expect(cloud.itsRules).toMatchObject([{ description: `praas:${here}` }]);

    await other.pat.delete([there], { requester });
    expect(cloud.itsRules).toMatchObject([{ description: `praas:${here}` }]);

    const again = await create({}, other);
    await node.pat.delete([here], { requester });
    expect(open()).toEqual([]);
    await other.follower.look();
    expect(cloud.itsRules).toMatchObject([{ description: `praas:${again}` }]);
    await hasItsRules(again, other);
  });

  test('narrow and move without touching the other', async () => {
    const here = await create();
    const there = await create({ allowed_cidrs: ['192.0.2.7/32'] }, other);
    await update(here, { server_port: 80 });
    await update(there, { allowed_cidrs: ['192.0.2.8/32'] }, other);
    await node.follower.look();
    await other.follower.look();

    expect(open()).toEqual(['any tcp 80', '192.0.2.8/32 tcp 22']);
  });
});

describe('while OpenStack is away', () => {
  test.each<[string, object]>([
    ['a narrowed mapping', { allowed_cidrs: ['192.0.2.7/32'] }],
    ['a disabled mapping', { enabled: false }],
  ])('%s is changed all the same, with a warning, and its rules follow later', async (_, patch) => {
    const id = await create();
    const [rule] = (await node.pat.get(id, requester)).security_group_rule_ids;
    cloud.isAway = true;

    const { value, warnings } = await update(id, patch);
    expect(value).toMatchObject(patch);
    expect(warnings).toEqual([expect.stringContaining(rule ?? 'no rule')]);
    expect(open()).toEqual(['any tcp 22']);
    await node.follower.look();

    cloud.isAway = false;
    await node.follower.look();
    expect(open()).toEqual('enabled' in patch ? [] : ['192.0.2.7/32 tcp 22']);
    await hasItsRules(id);
  });

  test('a deleted mapping is deleted, and its rule later', async () => {
    const id = await create();
    cloud.isAway = true;
    const { value, warnings } = await node.pat.delete([id], { requester });

    expect(value).toMatchObject([{ id }]);
    expect(warnings).toHaveLength(1);
    cloud.isAway = false;
    await node.follower.look();
    expect(open()).toEqual([]);
  });

  test('one warning is logged for each mapping, not one for each look', async () => {
    const id = await create();
    cloud.isAway = true;
    await update(id, { enabled: false });
    for (const _ of [1, 2, 3]) await node.follower.look();

    expect(node.log.lines.filter(({ message }) => message === 'security group not followed')).toHaveLength(1);
  });

  test('a mapping that opens a group is not created', async () => {
    cloud.addSecurityGroupRule = () => {
      cloud.isAway = true;
      return cloud.securityGroupRules([]) as Promise<never>;
    };
    const request = { router: 'edge', server: 'web', server_port: 22, open_security_group: true };

    expect((await errorOf(node.pat.create(request, { requester }))).code).toBe('CLOUD_UNAVAILABLE');
    expect((await node.pat.list()).mappings).toEqual([]);
  });
});

test('a change while the rules follow wins: they are as the mapping is in the end', async () => {
  const id = await create();
  const list = cloud.describedRules.bind(cloud);
  let interruption: (() => Promise<unknown>) | undefined = () => update(id, { enabled: false });
  cloud.describedRules = async (descriptions) => {
    const rules = await list(descriptions);
    const interrupt = interruption;
    interruption = undefined;
    await interrupt?.();
    return rules;
  };
  await update(id, { allowed_cidrs: ['192.0.2.7/32'] });

  expect((await node.pat.get(id, requester)).enabled).toBe(false);
  expect(open()).toEqual([]);
});

test('what OpenStack says to the account of the node is in no warning, and in the log', async () => {
  const secret = 'rule 5ec5ec of project other';
  const refuse = (): Promise<never> =>
    Promise.reject(praasError('CLOUD_REFUSED', { service: 'network', status: 409, reason: secret, type: 'OverQuota' }));
  const id = await create();
  const plain = await create({ server_port: 80, open_security_group: false });
  cloud.addSecurityGroupRule = refuse;
  cloud.removeSecurityGroupRule = refuse;
  const warnings = [...(await update(id, { server_port: 23 })).warnings];
  cloud.securityGroupRules = refuse;
  warnings.push(...(await update(plain, { server_port: 81 })).warnings, ...(await node.pat.delete([id])).warnings);

  expect(warnings).toHaveLength(3);
  expect(warnings.join()).not.toContain(secret);
  expect(warnings.join()).toContain('OverQuota');
  expect(JSON.stringify(node.log.lines)).toContain(secret);
});

test('no rule is added to a group of another project, and the old one goes all the same', async () => {
  const id = await create();
  cloud.itsGroups.splice(0, 1, { id: GROUP, name: 'shared', project_id: OTHER });
  const { warnings } = await update(id, { server_port: 80 });

  expect(warnings).toHaveLength(1);
  expect(open()).toEqual([]);
});
