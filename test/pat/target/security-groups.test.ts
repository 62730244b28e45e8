/** Which packets security groups drop, and how rules are added and removed. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cidrContains } from '../../../src/core/values/ipv4.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { SecurityGroupRule } from '../../../src/pat/interfaces/cloud.ts';
import { ANY_SOURCE, missingAccess } from '../../../src/pat/target/security.ts';
import { SecurityGroups } from '../../../src/pat/target/security-groups.ts';
import { droppedWarning } from '../../../src/pat/target/warnings.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { DEMO, FakeCloud, OTHER, portOf, WEB_PORT } from '../../support/fake-cloud.ts';
import { errorOf, ListLog } from '../../support/fake-node.ts';
import { requestOf } from '../../support/requests.ts';
import { idOf, MAPPING, NOW, REQUEST, ROUTER } from '../../support/samples.ts';

const rule = (fields: Partial<SecurityGroupRule> = {}): SecurityGroupRule => ({
  id: idOf(1),
  security_group_id: idOf(150),
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
const SSH = { protocol: 'tcp' as const, server_port: 22, allowed_cidrs: [] as string[] };
const SECURED = { hasPortSecurity: true };

describe('tcp 22 from anywhere is allowed', () => {
  test.each<[string, Partial<SecurityGroupRule>]>([
    ['a rule for the port', {}],
    ['a range', { port_range_min: 1, port_range_max: 1024 }],
    ['a rule for all ports', { port_range_min: null, port_range_max: null }],
    ['a rule for every protocol', { protocol: null, port_range_min: null, port_range_max: null }],
    ['a rule for the protocol number', { protocol: '6' }],
    ['a rule for the protocol any', { protocol: 'any' }],
    ['a rule for 0.0.0.0/0', { remote_ip_prefix: '0.0.0.0/0' }],
  ])('by %s', (_, fields) => {
    expect(missingAccess(SECURED, [rule(fields)], SSH)).toEqual([]);
  });

  test('where port security is disabled', () => {
    expect(missingAccess({ hasPortSecurity: false }, [], SSH)).toEqual([]);
  });
});

describe('tcp 22 from anywhere is dropped', () => {
  test.each<[string, Partial<SecurityGroupRule>]>([
    ['another port', { port_range_min: 80, port_range_max: 80 }],
    ['another protocol', { protocol: 'udp' }],
    ['egress', { direction: 'egress' }],
    ['IPv6', { ethertype: 'IPv6' }],
    ['members of a group', { remote_group_id: idOf(150) }],
    ['members of an address group', { remote_address_group_id: idOf(151) }],
    ['one network', { remote_ip_prefix: '198.51.100.0/24' }],
  ])('by a rule for %s', (_, fields) => {
    expect(missingAccess(SECURED, [rule(fields)], SSH)).toEqual([{ cidr: ANY_SOURCE, protocol: 'tcp', port: 22 }]);
  });
});

test('the networks of a mapping are compared with those of its groups, address by address', () => {
  const network = fc
    .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 28, max: 32 }))
    .map(([host, length]) => `10.0.0.${host & ~(2 ** (32 - length) - 1) & 15}/${length}`);
  const contains = (cidrs: readonly string[], host: number): boolean =>
    cidrs.some((cidr) => cidrContains(cidr, `10.0.0.${host}`));
  fc.assert(
    fc.property(fc.array(network, { maxLength: 6 }), network, (open, caller) => {
      const rules = open.map((remote_ip_prefix) => rule({ remote_ip_prefix }));
      const missing = missingAccess(SECURED, rules, { ...SSH, allowed_cidrs: [caller] });

      const hosts = Array.from({ length: 16 }, (_, host) => host).filter((host) => contains([caller], host));
      expect(missing.length === 0).toBe(hosts.every((host) => contains(open, host)));
    }),
  );
});

describe('with a cloud', () => {
  let cloud: FakeCloud;
  let groups: SecurityGroups;
  beforeEach(() => {
    cloud = new FakeCloud();
    groups = new SecurityGroups({ cloud, clock: new FakeClock(NOW), log: new ListLog() });
  });
  const target = (fields = {}) => ({
    mapping: requestOf({ ...REQUEST, router_id: ROUTER, ...fields }),
    port: portOf({ id: WEB_PORT }),
  });

  test('a check warns of the missing rule, and adds none', async () => {
    const dropped = droppedWarning(['web'], [{ cidr: ANY_SOURCE, protocol: 'tcp', port: 22 }]);

    expect(await groups.inspect(target())).toEqual([dropped]);
    expect(await groups.inspectMapping({ ...MAPPING, port_id: WEB_PORT })).toEqual([dropped]);
    expect(await groups.inspectMapping(MAPPING)).toEqual([]);
    expect(cloud.itsRules).toEqual([]);
  });

  test('the groups of a port that only holds a virtual address filter nothing', async () => {
    const port = portOf({ id: WEB_PORT, device_id: '', device_owner: '', host: '', status: 'DOWN' });

    expect(await groups.inspect({ ...target(), port })).toEqual([]);
    expect(await groups.inspect({ ...target(), port: { ...port, host: 'node-1' } })).toHaveLength(1);
  });

  test('opening adds one rule for each network, with the ID of the mapping', async () => {
    cloud.itsRules.push(rule({ id: idOf(5), port_range_min: 80, port_range_max: 80 }));
    const ruleIds = await groups.open(idOf(7), target({ allowed_cidrs: ['198.51.100.0/24', '192.0.2.7'] }));

    expect(cloud.itsRules.slice(1)).toMatchObject([
      { id: ruleIds[0], description: `praas:${idOf(7)}`, port_range_min: 22, remote_ip_prefix: '192.0.2.7/32' },
      { id: ruleIds[1], description: `praas:${idOf(7)}`, port_range_min: 22, remote_ip_prefix: '198.51.100.0/24' },
    ]);
    expect(await groups.inspect(target({ allowed_cidrs: ['192.0.2.7'] }))).toEqual([]);
  });

  test('no rule is added where none is missing', async () => {
    cloud.itsRules.push(rule());

    expect(await groups.open(idOf(7), target())).toEqual([]);
    expect(cloud.itsRules).toHaveLength(1);
  });

  test('no rule is added to a group of another project', async () => {
    cloud.itsGroups.splice(0, 1, { id: idOf(150), name: 'shared', project_id: OTHER });

    expect(await errorOf(groups.open(idOf(7), target()))).toMatchObject({ code: 'NO_OWN_SECURITY_GROUP' });
    expect(cloud.itsRules).toEqual([]);
  });

  test('a conflict that is no equal rule, such as a quota, is an error', async () => {
    const reason = "Quota exceeded for resources: ['security_group_rule'].";
    cloud.addSecurityGroupRule = () =>
      Promise.reject(praasError('CLOUD_REFUSED', { service: 'network', status: 409, reason }));

    expect(await errorOf(groups.open(idOf(7), target()))).toMatchObject({ code: 'CLOUD_REFUSED', facts: { reason } });
  });

  test('an equal rule that another node adds at the same moment is no error', async () => {
    const add = cloud.addSecurityGroupRule.bind(cloud);
    cloud.addSecurityGroupRule = async (wanted) => {
      await add({ ...wanted, description: `praas:${idOf(8)}` });
      return add(wanted);
    };

    expect(await groups.open(idOf(7), target())).toEqual([]);
    expect(cloud.itsRules).toMatchObject([{ description: `praas:${idOf(8)}` }]);
  });

  test('while OpenStack is unavailable a check gives a warning, and opening throws', async () => {
    cloud.isAway = true;

    expect(await groups.inspect(target())).toHaveLength(1);
    expect(await groups.inspectMapping({ ...MAPPING, port_id: WEB_PORT })).toHaveLength(1);
    expect(await errorOf(groups.open(idOf(7), target()))).toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
  });
});
