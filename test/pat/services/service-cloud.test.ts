/** The service with OpenStack: each change checks the owner of the port, and security group rules go with the last mapping. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { CloudTargets } from '../../../src/pat/target/cloud-targets.ts';
import { SecurityGroups } from '../../../src/pat/target/security-groups.ts';
import { DEMO, FakeCloud, OTHER, portOf, WEB_PORT } from '../../support/fake-cloud.ts';
import { errorOf, type FakeNode, fakeNode, ListLog } from '../../support/fake-node.ts';
import { localTargets } from '../../support/local-targets.ts';
import { POLICY_BY_DEFAULT, tenant } from '../../support/requests.ts';
import { idOf } from '../../support/samples.ts';

const requester = tenant('member', DEMO, 'alice');
const DB = idOf(102);

let cloud: FakeCloud;
let groups: SecurityGroups;
let node: FakeNode;

beforeEach(() => {
  cloud = new FakeCloud();
  const fixed_ips = [{ ip_address: '10.20.0.52', subnet_id: idOf(131) }];
  cloud.itsServers.push({ id: DB, name: 'db', project_id: DEMO, status: 'ACTIVE' });
  cloud.itsPorts.push(portOf({ id: idOf(122), device_id: DB, fixed_ips }));
  groups = new SecurityGroups(cloud, new ListLog());
  node = fakeNode({
    targets: new CloudTargets({
      cloud,
      policy: POLICY_BY_DEFAULT,
      local: localTargets(),
    }),
    groups,
  });
});

const create = async (...requests: object[]): Promise<string[]> => {
  const inputs = requests.map((each) => ({ router: 'edge', server: 'web', server_port: 22, ...each }));
  const { value } = await node.pat.createMany(inputs, { requester });
  return value.map(({ id }) => id);
};
const OPEN = { open_security_group: true };

describe('a mapping whose port moved to another project', () => {
  let id: string;
  beforeEach(async () => {
    [id = ''] = await create({ allowed_cidrs: ['198.51.100.0/24'], expires_at: '2030-02-01T00:00:00Z' });
    cloud.changePort(WEB_PORT, { project_id: OTHER });
  });

  test.each([
    { server_port: 3306 },
    { router_port: 4002 },
    { allowed_cidrs: [] },
    { allowed_cidrs: ['198.51.100.0/24', '192.0.2.7'] },
    { enabled: true },
    { expires_at: null },
    { expires_at: '2030-02-01T00:00:01Z' },
  ])('cannot be opened further by %j', async (patch) => {
    const before = await node.pat.get(id);

    expect((await errorOf(node.pat.update(id, patch, { requester }))).code).toBe('PORT_NOT_FOUND');
    expect(await node.pat.get(id)).toEqual(before);
  });

  test.each([
    { enabled: false },
    { name: 'old' },
    { masquerade: 'never' as const },
    { allowed_cidrs: ['198.51.100.7/32'] },
    { expires_at: '2030-01-02T00:00:00Z' },
  ])('can be closed, narrowed or renamed: %j', async (patch) => {
    expect(await node.pat.update(id, patch, { requester })).toMatchObject({ value: { id, ...patch } });
    expect(await node.pat.delete([id])).toMatchObject({ value: [{ id }] });
  });
});

describe('a security group rule', () => {
  test('that two mappings need is added once, and removed with the last', async () => {
    const [first = ''] = await create(OPEN);
    const [second = ''] = await create({ server: 'db', ...OPEN });
    expect(cloud.itsRules).toHaveLength(1);

    await node.pat.delete([first]);
    expect(cloud.itsRules).toHaveLength(1);
    await node.pat.delete([second]);
    expect(cloud.itsRules).toHaveLength(0);
  });

  test('that two servers of one request need is added once, and removed with both', async () => {
    const ids = await create(OPEN, { server: 'db', ...OPEN });
    expect(cloud.itsRules).toHaveLength(1);

    await node.pat.delete(ids);
    expect(cloud.itsRules).toHaveLength(0);
  });

  test('is removed again when a later rule of the request cannot be added', async () => {
    const add = cloud.addSecurityGroupRule.bind(cloud);
    const failure = new Error('refused');
    cloud.addSecurityGroupRule = (rule) => (rule.port === 23 ? Promise.reject(failure) : add(rule));

    await expect(create(OPEN, { server_port: 23, ...OPEN })).rejects.toBe(failure);

    expect(cloud.itsRules).toEqual([]);
    expect((await node.pat.list()).mappings).toEqual([]);
  });

  test('that could not be removed is removed when OpenStack is available again', async () => {
    const [id = ''] = await create(OPEN);
    cloud.isAway = true;
    const { value, warnings } = await node.pat.delete([id]);
    expect(warnings).toEqual([expect.stringContaining(value[0]?.security_group_rule_ids[0] ?? 'no rule')]);

    cloud.isAway = false;
    await groups.retryRemovals();
    expect(cloud.itsRules).toEqual([]);
  });

  test('is removed with a mapping that the monitor deletes', async () => {
    const [id = ''] = await create(OPEN);
    const { router_id, server_ip, server_id, port_id } = await node.pat.get(id);
    const seen = { server_ip, server_id, port_id };
    await node.corrections.apply([
      { action: 'delete', mapping_id: id, router_id, seen, reason: reason('PORT_DELETED', { port: port_id ?? '' }) },
    ]);

    expect(cloud.itsRules).toEqual([]);
  });
});
