/** The correction that a mapping needs, by a snapshot of the cloud. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Correction } from '../../../src/pat/follow/correction.ts';
import { evaluate, needsVerification } from '../../../src/pat/follow/evaluate.ts';
import { sweepCloud, verifyMappings } from '../../../src/pat/follow/inspect.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { DEMO, FakeCloud, OTHERWEB_PORT, portOf, WEB, WEB_PORT } from '../../support/fake-cloud.ts';
import { idOf, MAPPING, ROUTER } from '../../support/samples.ts';

const WEB_MAPPING: Mapping = { ...MAPPING, project_id: DEMO, server_id: WEB, port_id: WEB_PORT };
const NEW_PORT = idOf(119);
const SUBNET = idOf(131);

let cloud: FakeCloud;
beforeEach(() => {
  cloud = new FakeCloud();
});

/** The correction, which must be the same by a sweep and by a verification. */
async function correctionOn(mapping: Mapping): Promise<Correction | undefined> {
  const swept = evaluate(mapping, (await sweepCloud(cloud, [mapping])).snapshot);
  const verified = evaluate(mapping, await verifyMappings(cloud, [mapping]));
  expect(verified).toEqual(swept);
  return verified;
}

function remove(list: { readonly id: string }[], id: string): void {
  list.splice(0, list.length, ...list.filter((each) => each.id !== id));
}

test('a mapping whose server is unchanged needs no correction', async () => {
  expect(await correctionOn(WEB_MAPPING)).toBeUndefined();
});

describe('deleted resources', () => {
  test('a deleted server with its port', async () => {
    remove(cloud.itsServers, WEB);
    remove(cloud.itsPorts, WEB_PORT);

    expect(await correctionOn(WEB_MAPPING)).toMatchObject({
      action: 'delete',
      mapping_id: WEB_MAPPING.id,
      router_id: ROUTER,
      seen: { server_ip: WEB_MAPPING.server_ip, server_id: WEB, port_id: WEB_PORT },
      reason: reason('SERVER_DELETED', { server: WEB }),
    });
  });

  test('a deleted port without a server', async () => {
    remove(cloud.itsPorts, WEB_PORT);

    expect(await correctionOn({ ...WEB_MAPPING, server_id: null })).toMatchObject({
      action: 'delete',
      reason: reason('PORT_DELETED', { port: WEB_PORT }),
    });
  });

  test('a deleted router', async () => {
    remove(cloud.itsRouters, ROUTER);

    expect(await correctionOn(WEB_MAPPING)).toMatchObject({
      action: 'delete',
      reason: reason('ROUTER_DELETED', { router: ROUTER }),
    });
  });

  test('a deleted project, if the router belongs to it', async () => {
    cloud.itsProjects.splice(0, 1);

    expect(await correctionOn(WEB_MAPPING)).toMatchObject({
      action: 'delete',
      reason: reason('PROJECT_DELETED', { project: DEMO }),
    });
    // The project of an API token need not exist in Keystone.
    expect(await correctionOn({ ...WEB_MAPPING, project_id: 'acme' })).toBeUndefined();
  });
});

describe('a changed target', () => {
  test('a new address of the port', async () => {
    cloud.changePort(WEB_PORT, { fixed_ips: [{ ip_address: '10.20.0.77', subnet_id: SUBNET }] });

    expect(await correctionOn(WEB_MAPPING)).toMatchObject({
      action: 'follow',
      to: { server_ip: '10.20.0.77', server_id: WEB, port_id: WEB_PORT },
    });
  });

  test('an additional address changes nothing', async () => {
    const fixed_ips = ['10.20.0.50', '10.20.0.51'].map((ip_address) => ({ ip_address, subnet_id: SUBNET }));
    cloud.changePort(WEB_PORT, { fixed_ips });

    expect(await correctionOn(WEB_MAPPING)).toBeUndefined();
  });

  test('several new addresses suspend the mapping', async () => {
    const fixed_ips = ['10.20.0.60', '10.20.0.61'].map((ip_address) => ({ ip_address, subnet_id: SUBNET }));
    cloud.changePort(WEB_PORT, { fixed_ips });

    expect(await correctionOn(WEB_MAPPING)).toMatchObject({
      action: 'suspend',
      rules_removed: true,
      reason: reason('ADDRESS_AMBIGUOUS', { port: WEB_PORT, addresses: ['10.20.0.60', '10.20.0.61'] }),
    });
  });

  test('a new port of the same server on the same network', async () => {
    remove(cloud.itsPorts, WEB_PORT);
    cloud.itsPorts.push(portOf({ id: NEW_PORT, fixed_ips: [{ ip_address: '10.20.0.90', subnet_id: SUBNET }] }));

    expect(await correctionOn(WEB_MAPPING)).toMatchObject({
      action: 'follow',
      to: { server_ip: '10.20.0.90', server_id: WEB, port_id: NEW_PORT },
    });
  });

  test('two new ports suspend the mapping, and the reason names both', async () => {
    remove(cloud.itsPorts, WEB_PORT);
    for (const last of [90, 91])
      cloud.itsPorts.push(
        portOf({ id: idOf(last), fixed_ips: [{ ip_address: `10.20.0.${last}`, subnet_id: SUBNET }] }),
      );

    expect(await correctionOn(WEB_MAPPING)).toMatchObject({
      action: 'suspend',
      rules_removed: true,
      reason: reason('PORT_AMBIGUOUS', { port: WEB_PORT, server: 'web', addresses: ['10.20.0.90', '10.20.0.91'] }),
    });
  });

  test('a server without a port suspends the mapping', async () => {
    remove(cloud.itsPorts, WEB_PORT);

    expect(await correctionOn(WEB_MAPPING)).toMatchObject({ action: 'suspend', rules_removed: true });
  });

  test('a router without an interface on the subnet suspends the mapping', async () => {
    remove(cloud.itsPorts, idOf(113));

    expect(await correctionOn(WEB_MAPPING)).toMatchObject({
      action: 'suspend',
      rules_removed: true,
      reason: reason('SUBNET_DETACHED', { router: 'edge', addresses: ['10.20.0.51'] }),
    });
  });
});

describe('a server that does not answer', () => {
  test.each(['SHUTOFF', 'PAUSED', 'SHELVED_OFFLOADED'])(
    'a server in status %s suspends the mapping',
    async (status) => {
      cloud.itsServers.splice(0, 1, { id: WEB, name: 'web', project_id: DEMO, status });

      expect(await correctionOn(WEB_MAPPING)).toMatchObject({
        action: 'suspend',
        rules_removed: false,
        reason: reason('SERVER_STOPPED', { server: 'web', status }),
      });
    },
  );

  test.each(['ACTIVE', 'REBOOT', 'ERROR', 'VERIFY_RESIZE'])(
    'a server in status %s needs no correction',
    async (status) => {
      cloud.itsServers.splice(0, 1, { id: WEB, name: 'web', project_id: DEMO, status });

      expect(await correctionOn(WEB_MAPPING)).toBeUndefined();
    },
  );

  test('a port that is down suspends the mapping', async () => {
    cloud.changePort(WEB_PORT, { isUp: false });
    expect(await correctionOn(WEB_MAPPING)).toMatchObject({ action: 'suspend', reason: { code: 'PORT_DISABLED' } });

    cloud.changePort(WEB_PORT, { isUp: true, status: 'DOWN' });
    expect(await correctionOn(WEB_MAPPING)).toMatchObject({
      action: 'suspend',
      reason: reason('PORT_DOWN', { port: WEB_PORT, host: 'node-1' }),
    });
  });

  test('a server that runs again resumes the mapping', async () => {
    const suspension = { reason: reason('SERVER_STOPPED', { server: 'web', status: 'SHUTOFF' }), rules_removed: false };

    expect(await correctionOn({ ...WEB_MAPPING, suspension })).toMatchObject({ action: 'resume' });
  });
});

describe('a mapping without a port', () => {
  const byAddress: Mapping = { ...WEB_MAPPING, server_id: null, port_id: null };

  test('gets the port that has its address, on its own router only', async () => {
    expect(await correctionOn(byAddress)).toMatchObject({
      action: 'follow',
      to: { server_ip: '10.20.0.51', server_id: WEB, port_id: WEB_PORT },
    });
    const other = cloud.itsPorts.find(({ id }) => id === OTHERWEB_PORT);
    expect(other?.fixed_ips[0]?.ip_address).toBe('10.20.0.51');
  });

  test('stays when no port of its project has the address', async () => {
    expect(await correctionOn({ ...byAddress, server_ip: '10.20.0.99' })).toBeUndefined();
    expect(await correctionOn({ ...byAddress, project_id: 'acme' })).toBeUndefined();
  });

  test('stays in a namespace that is no Neutron router', async () => {
    expect(await correctionOn({ ...byAddress, router_id: 'edge' })).toBeUndefined();
  });
});

test('corrections that close a port or change the target need a verification, others do not', () => {
  const common = {
    mapping_id: WEB_MAPPING.id,
    router_id: ROUTER,
    seen: WEB_MAPPING,
    reason: reason('PORT_DELETED', { port: WEB_PORT }),
  };
  expect(needsVerification({ action: 'delete', ...common })).toBe(true);
  expect(needsVerification({ action: 'follow', ...common, to: WEB_MAPPING })).toBe(true);
  expect(needsVerification({ action: 'suspend', ...common, rules_removed: true })).toBe(true);
  expect(needsVerification({ action: 'suspend', ...common, rules_removed: false })).toBe(false);
  expect(needsVerification({ action: 'resume', ...common })).toBe(false);
});
