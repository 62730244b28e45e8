/** The service with a cloud around it: whose a port is counts at each change, and what was opened is closed with the last. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { CloudTargets } from '../../../src/pat/target/cloud-targets.ts';
import { SecurityGroups } from '../../../src/pat/target/security-groups.ts';
import { LocalTargets } from '../../../src/pat/target/targets.ts';
import { DEMO, FakeCloud, OTHER, portOf, WEB_PORT } from '../../support/fake-cloud.ts';
import { errorOf, type FakeNode, fakeNode, ListLog } from '../../support/fake-node.ts';
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
      local: new LocalTargets('/etc/openstack/clouds.yaml'),
    }),
    groups,
  });
});

const create = async (...wanted: object[]): Promise<string[]> => {
  const inputs = wanted.map((each) => ({ router: 'edge', server: 'web', server_port: 22, ...each }));
  const { value } = await node.pat.createMany(inputs, { requester });
  return value.map(({ id }) => id);
};
const OPEN = { open_security_group: true };

describe('a port that changed hands a moment ago', () => {
  let id: string;
  beforeEach(async () => {
    [id = ''] = await create({});
    cloud.changePort(WEB_PORT, { project_id: OTHER });
  });

  test.each([
    { server_port: 3306 },
    { router_port: 4002 },
    { allowed_cidrs: [] },
    { enabled: true },
    { expires_at: null },
  ])('is not opened further by %j', async (patch) => {
    const before = await node.pat.get(id);

    expect((await errorOf(node.pat.update(id, patch, { requester }))).code).toBe('PORT_NOT_FOUND');
    expect(await node.pat.get(id)).toEqual(before);
  });

  test.each([{ enabled: false }, { name: 'old' }, { masquerade: 'never' as const }])(
    'may be given up or named: %j',
    async (patch) => {
      await expect(node.pat.update(id, patch, { requester })).resolves.toBeDefined();
      await expect(node.pat.delete([id])).resolves.toBeDefined();
    },
  );
});

describe('a rule of a security group', () => {
  test('that two mappings need is added once, and goes with the last', async () => {
    const [first = ''] = await create(OPEN);
    const [second = ''] = await create({ server: 'db', ...OPEN });
    expect(cloud.itsRules).toHaveLength(1);

    await node.pat.delete([first]);
    expect(cloud.itsRules).toHaveLength(1);
    await node.pat.delete([second]);
    expect(cloud.itsRules).toHaveLength(0);
  });

  test('for two servers of a group in one request: added once, gone with both', async () => {
    const ids = await create(OPEN, { server: 'db', ...OPEN });
    expect(cloud.itsRules).toHaveLength(1);

    await node.pat.delete(ids);
    expect(cloud.itsRules).toHaveLength(0);
  });

  test('is taken away again when a later one of the request cannot be added', async () => {
    const add = cloud.addSecurityGroupRule.bind(cloud);
    cloud.addSecurityGroupRule = (rule) => (rule.port === 23 ? Promise.reject(new Error('no')) : add(rule));

    await expect(create(OPEN, { server_port: 23, ...OPEN })).rejects.toThrow('no');

    expect(cloud.itsRules).toEqual([]);
    expect((await node.pat.list()).mappings).toEqual([]);
  });

  test('that nobody could take away is taken away when OpenStack answers again', async () => {
    const [id = ''] = await create(OPEN);
    cloud.isAway = true;
    const { warnings } = await node.pat.delete([id]);
    expect(warnings.join()).toMatch(/security group rule .* stays/);

    cloud.isAway = false;
    await groups.closeLeft();
    expect(cloud.itsRules).toEqual([]);
  });

  test('goes with a mapping that the monitor removes', async () => {
    const [id = ''] = await create(OPEN);
    const { router_id, server_ip, server_id, port_id } = await node.pat.get(id);
    const seen = { server_ip, server_id, port_id };
    await node.corrections.apply([
      { action: 'delete', mapping_id: id, router_id, seen, reason: reason('PORT_DELETED', { port: port_id ?? '' }) },
    ]);

    expect(cloud.itsRules).toEqual([]);
  });
});
