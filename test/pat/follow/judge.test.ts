/** What becomes of a mapping, by what the cloud is seen to be. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Correction } from '../../../src/pat/follow/correction.ts';
import { sweepCloud, verifyMappings } from '../../../src/pat/follow/inspect.ts';
import { judge, needsProof } from '../../../src/pat/follow/judge.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import { DEMO, FakeCloud, OTHERWEB_PORT, portOf, WEB, WEB_PORT } from '../../support/fake-cloud.ts';
import { idOf, MAPPING, ROUTER } from '../../support/samples.ts';

const OURS: Mapping = { ...MAPPING, project_id: DEMO, server_id: WEB, port_id: WEB_PORT };
const NEW_PORT = idOf(119);
const SUBNET = idOf(131);

let cloud: FakeCloud;
beforeEach(() => {
  cloud = new FakeCloud();
});

/** The same correction by both ways of looking. */
async function correctionOn(mapping: Mapping): Promise<Correction | undefined> {
  const far = judge(mapping, (await sweepCloud(cloud, [mapping])).snapshot);
  const close = judge(mapping, await verifyMappings(cloud, [mapping]));
  expect(close).toEqual(far);
  return close;
}

function drop(list: { readonly id: string }[], id: string): void {
  list.splice(0, list.length, ...list.filter((each) => each.id !== id));
}

test('all is well: nothing is to be done', async () => {
  expect(await correctionOn(OURS)).toBeUndefined();
});

describe('what is gone for good', () => {
  test('the server with its port', async () => {
    drop(cloud.itsServers, WEB);
    drop(cloud.itsPorts, WEB_PORT);

    expect(await correctionOn(OURS)).toMatchObject({
      action: 'delete',
      mapping_id: OURS.id,
      router_id: ROUTER,
      seen: { server_ip: OURS.server_ip, server_id: WEB, port_id: WEB_PORT },
      reason: reason('SERVER_DELETED', { server: WEB }),
    });
  });

  test('a port that is no server’s', async () => {
    drop(cloud.itsPorts, WEB_PORT);

    expect(await correctionOn({ ...OURS, server_id: null })).toMatchObject({
      action: 'delete',
      reason: reason('PORT_DELETED', { port: WEB_PORT }),
    });
  });

  test('the router', async () => {
    drop(cloud.itsRouters, ROUTER);

    expect(await correctionOn(OURS)).toMatchObject({
      action: 'delete',
      reason: reason('ROUTER_DELETED', { router: ROUTER }),
    });
  });

  test('the project, where Neutron says that it is Keystone’s', async () => {
    cloud.itsProjects.splice(0, 1);

    expect(await correctionOn(OURS)).toMatchObject({
      action: 'delete',
      reason: reason('PROJECT_DELETED', { project: DEMO }),
    });
    // A token of the node may stand for a project that Keystone has never heard of.
    expect(await correctionOn({ ...OURS, project_id: 'acme' })).toBeUndefined();
  });
});

describe('what has moved', () => {
  test('the address of the port has changed', async () => {
    cloud.changePort(WEB_PORT, { fixed_ips: [{ ip_address: '10.20.0.77', subnet_id: SUBNET }] });

    expect(await correctionOn(OURS)).toMatchObject({
      action: 'follow',
      to: { server_ip: '10.20.0.77', server_id: WEB, port_id: WEB_PORT },
    });
  });

  test('one more address changes nothing', async () => {
    const fixed_ips = ['10.20.0.50', '10.20.0.51'].map((ip_address) => ({ ip_address, subnet_id: SUBNET }));
    cloud.changePort(WEB_PORT, { fixed_ips });

    expect(await correctionOn(OURS)).toBeUndefined();
  });

  test('several addresses that could be meant: nothing is published', async () => {
    const fixed_ips = ['10.20.0.60', '10.20.0.61'].map((ip_address) => ({ ip_address, subnet_id: SUBNET }));
    cloud.changePort(WEB_PORT, { fixed_ips });

    expect(await correctionOn(OURS)).toMatchObject({
      action: 'suspend',
      withdrawn: true,
      reason: reason('ADDRESS_AMBIGUOUS', { port: WEB_PORT, addresses: ['10.20.0.60', '10.20.0.61'] }),
    });
  });

  test('a new port of the same server on the same network', async () => {
    drop(cloud.itsPorts, WEB_PORT);
    cloud.itsPorts.push(portOf({ id: NEW_PORT, fixed_ips: [{ ip_address: '10.20.0.90', subnet_id: SUBNET }] }));

    expect(await correctionOn(OURS)).toMatchObject({
      action: 'follow',
      to: { server_ip: '10.20.0.90', server_id: WEB, port_id: NEW_PORT },
    });
  });

  test('two new ones: nothing is published, and both are named', async () => {
    drop(cloud.itsPorts, WEB_PORT);
    for (const last of [90, 91])
      cloud.itsPorts.push(
        portOf({ id: idOf(last), fixed_ips: [{ ip_address: `10.20.0.${last}`, subnet_id: SUBNET }] }),
      );

    expect(await correctionOn(OURS)).toMatchObject({
      action: 'suspend',
      withdrawn: true,
      reason: reason('PORT_AMBIGUOUS', { port: WEB_PORT, server: 'web', addresses: ['10.20.0.90', '10.20.0.91'] }),
    });
  });

  test('the server has no port any more', async () => {
    drop(cloud.itsPorts, WEB_PORT);

    expect(await correctionOn(OURS)).toMatchObject({ action: 'suspend', withdrawn: true });
  });

  test('the router has no interface on that subnet any more', async () => {
    drop(cloud.itsPorts, idOf(113));

    expect(await correctionOn(OURS)).toMatchObject({
      action: 'suspend',
      withdrawn: true,
      reason: reason('SUBNET_DETACHED', { router: 'edge', addresses: ['10.20.0.51'] }),
    });
  });
});

describe('what does not answer for now', () => {
  test.each(['SHUTOFF', 'PAUSED', 'SHELVED_OFFLOADED'])('the server is %s', async (status) => {
    cloud.itsServers.splice(0, 1, { id: WEB, name: 'web', project_id: DEMO, status });

    expect(await correctionOn(OURS)).toMatchObject({
      action: 'suspend',
      withdrawn: false,
      reason: reason('SERVER_STOPPED', { server: 'web', status }),
    });
  });

  test.each(['ACTIVE', 'REBOOT', 'ERROR', 'VERIFY_RESIZE'])('%s says nothing against it', async (status) => {
    cloud.itsServers.splice(0, 1, { id: WEB, name: 'web', project_id: DEMO, status });

    expect(await correctionOn(OURS)).toBeUndefined();
  });

  test('the port is down', async () => {
    cloud.changePort(WEB_PORT, { isUp: false });
    expect(await correctionOn(OURS)).toMatchObject({ action: 'suspend', reason: { code: 'PORT_DISABLED' } });

    cloud.changePort(WEB_PORT, { isUp: true, status: 'DOWN' });
    expect(await correctionOn(OURS)).toMatchObject({
      action: 'suspend',
      reason: reason('PORT_DOWN', { port: WEB_PORT, host: 'node-1' }),
    });
  });

  test('it is back', async () => {
    const suspension = { reason: reason('SERVER_STOPPED', { server: 'web', status: 'SHUTOFF' }), withdrawn: false };

    expect(await correctionOn({ ...OURS, suspension })).toMatchObject({ action: 'resume' });
  });
});

describe('what was published by its address', () => {
  const plain: Mapping = { ...OURS, server_id: null, port_id: null };

  test('is followed from now on, on its own router only', async () => {
    expect(await correctionOn(plain)).toMatchObject({
      action: 'follow',
      to: { server_ip: '10.20.0.51', server_id: WEB, port_id: WEB_PORT },
    });
    const other = cloud.itsPorts.find(({ id }) => id === OTHERWEB_PORT);
    expect(other?.fixed_ips[0]?.ip_address).toBe('10.20.0.51');
  });

  test('is left alone where no port has it, or one of another project', async () => {
    expect(await correctionOn({ ...plain, server_ip: '10.20.0.99' })).toBeUndefined();
    expect(await correctionOn({ ...plain, project_id: 'acme' })).toBeUndefined();
  });

  test('is left alone in a namespace that is no router', async () => {
    expect(await correctionOn({ ...plain, router_id: 'edge' })).toBeUndefined();
  });
});

test('what takes traffic away or leads it elsewhere needs proof, the rest does not', () => {
  const common = {
    mapping_id: OURS.id,
    router_id: ROUTER,
    seen: OURS,
    reason: reason('PORT_DELETED', { port: WEB_PORT }),
  };
  expect(needsProof({ action: 'delete', ...common })).toBe(true);
  expect(needsProof({ action: 'follow', ...common, to: OURS })).toBe(true);
  expect(needsProof({ action: 'suspend', ...common, withdrawn: true })).toBe(true);
  expect(needsProof({ action: 'suspend', ...common, withdrawn: false })).toBe(false);
  expect(needsProof({ action: 'resume', ...common })).toBe(false);
});
