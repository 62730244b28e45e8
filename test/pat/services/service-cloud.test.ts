/** The service with OpenStack: each change that opens a port further checks the owner of the Neutron port. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import { CloudTargets } from '../../../src/pat/target/cloud-targets.ts';
import { DEMO, FakeCloud, OTHER, portOf, WEB_PORT } from '../../support/fake-cloud.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { localTargets } from '../../support/local-targets.ts';
import { POLICY_BY_DEFAULT, tenant } from '../../support/requests.ts';
import { idOf } from '../../support/samples.ts';

const requester = tenant('member', DEMO, 'alice');
const DB = idOf(102);

let cloud: FakeCloud;
let node: FakeNode;

beforeEach(() => {
  cloud = new FakeCloud();
  const fixed_ips = [{ ip_address: '10.20.0.52', subnet_id: idOf(131) }];
  cloud.itsServers.push({ id: DB, name: 'db', project_id: DEMO, status: 'ACTIVE' });
  cloud.itsPorts.push(portOf({ id: idOf(122), device_id: DB, fixed_ips }));
  node = fakeNode({
    targets: new CloudTargets({
      cloud,
      policy: POLICY_BY_DEFAULT,
      local: localTargets(),
    }),
  });
});

const create = async (...requests: object[]): Promise<string[]> => {
  const inputs = requests.map((each) => ({ router: 'edge', server: 'web', server_port: 22, ...each }));
  const { value } = await node.pat.createMany(inputs, { requester });
  return value.map(({ id }) => id);
};

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
