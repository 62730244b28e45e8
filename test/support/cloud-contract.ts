/** The contract of Cloud: tested with the cloud in memory, and with the adapter on a real OpenStack. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Cloud } from '../../src/pat/interfaces/cloud.ts';
import { idOf } from './samples.ts';

/** The resources: two projects, each with a network, a router and a server, with the same server address. */
export interface CloudFacts {
  readonly cloud: Cloud;
  readonly project_id: string;
  readonly router: { readonly id: string; readonly name: string; readonly gateway_ip: string };
  readonly server: { readonly id: string; readonly name: string; readonly ip: string };
  readonly port: { readonly id: string; readonly network_id: string };
  /** The security group of the port, in the same project. */
  readonly security_group: { readonly id: string; readonly name: string };
  readonly other: { readonly project_id: string; readonly router_id: string; readonly port_id: string };
}

const UNKNOWN_ID = idOf(999);

/** Defines the tests. `prepare` is called once, before the first test. */
export function testCloud(prepare: () => Promise<CloudFacts>): void {
  let facts: CloudFacts;
  let cloud: Cloud;
  beforeAll(async () => {
    facts = await prepare();
    cloud = facts.cloud;
  });

  test('a router by its ID, and an unknown ID', async () => {
    const { router, project_id } = facts;
    expect(await cloud.router(router.id)).toMatchObject({
      id: router.id,
      name: router.name,
      project_id,
      isUp: true,
      status: 'ACTIVE',
      gateway_ips: [router.gateway_ip],
      isHa: false,
      isDistributed: false,
    });
    expect(await cloud.router(UNKNOWN_ID)).toBeUndefined();
  });

  test('routers: all, by project, by name', async () => {
    const { router, other, project_id } = facts;
    const idsOf = async (filter?: Parameters<Cloud['routers']>[0]): Promise<string[]> =>
      (await cloud.routers(filter)).map(({ id }) => id);

    expect(await idsOf()).toEqual(expect.arrayContaining([router.id, other.router_id]));
    expect(await idsOf({ project_id })).toEqual([router.id]);
    expect(await idsOf({ name: router.name })).toEqual([router.id]);
    expect(await idsOf({ name: router.name, project_id: other.project_id })).toEqual([]);
    expect((await cloud.routerHosts(router.id)).length).toBeGreaterThan(0);
  });

  test('projects: all, and one by its ID', async () => {
    const { project_id, other } = facts;

    expect(await cloud.projectIds()).toEqual(expect.arrayContaining([project_id, other.project_id]));
    expect(await cloud.hasProject(project_id)).toBe(true);
    expect(await cloud.hasProject(UNKNOWN_ID.replaceAll('-', ''))).toBe(false);
  });

  test('a port by its ID, with all fields', async () => {
    const { port, server, project_id, security_group } = facts;
    expect(await cloud.port(port.id)).toMatchObject({
      id: port.id,
      project_id,
      network_id: port.network_id,
      device_id: server.id,
      device_owner: expect.stringMatching(/^compute:/),
      fixed_ips: [{ ip_address: server.ip, subnet_id: expect.any(String) }],
      isUp: true,
      status: 'ACTIVE',
      host: expect.stringMatching(/./),
      hasPortSecurity: true,
      security_group_ids: [security_group.id],
    });
    expect(await cloud.port(UNKNOWN_ID)).toBeUndefined();
  });

  test('ports: by IDs, by devices, by network and address; an empty list selects none', async () => {
    const { port, server, router, other } = facts;
    const idsOf = async (filter: Parameters<Cloud['ports']>[0]): Promise<string[]> =>
      (await cloud.ports(filter)).map(({ id }) => id).toSorted();

    expect(await idsOf({ ids: [port.id, other.port_id, UNKNOWN_ID] })).toEqual([port.id, other.port_id].toSorted());
    expect(await idsOf({ deviceIds: [server.id] })).toEqual([port.id]);
    expect(await idsOf({ networkIds: [port.network_id], ip_address: server.ip })).toEqual([port.id]);
    expect(await idsOf({ ip_address: server.ip })).toEqual([port.id, other.port_id].toSorted());
    expect(await idsOf({ ip_address: server.ip, project_id: other.project_id })).toEqual([other.port_id]);
    expect(await idsOf({ ids: [] })).toEqual([]);
    expect(await idsOf({ networkIds: [], ip_address: server.ip })).toEqual([]);
    const owners = (await cloud.ports({ deviceIds: [router.id] })).map(({ device_owner }) => device_owner);
    expect(owners.toSorted()).toEqual(['network:router_gateway', 'network:router_interface']);
  });

  test('servers: by ID, by the whole name, by project', async () => {
    const { server, project_id, other } = facts;
    expect(await cloud.server(server.id)).toEqual({
      id: server.id,
      name: server.name,
      project_id,
      status: 'ACTIVE',
    });
    expect(await cloud.server(UNKNOWN_ID)).toBeUndefined();
    const named = { name: server.name, project_id };
    expect((await cloud.servers(named)).map(({ id }) => id)).toEqual([server.id]);
    expect(await cloud.serverIds(named)).toEqual([server.id]);
    expect(await cloud.servers({ ...named, name: server.name.slice(0, -1) })).toEqual([]);
    expect(await cloud.serverIds({ ...named, name: server.name.slice(0, -1) })).toEqual([]);
    const others = await cloud.servers({ project_id: other.project_id });
    expect(new Set(others.map((each) => each.project_id))).toEqual(new Set([other.project_id]));
  });

  test('a security group rule: create, list, and delete, which may be repeated', async () => {
    const { security_group, project_id } = facts;
    expect(await cloud.securityGroups([security_group.id])).toEqual([{ ...security_group, project_id }]);
    const newRule = {
      protocol: 'tcp',
      port: 7777,
      remote_ip_prefix: '198.51.100.0/24',
      description: 'contract',
    } as const;
    const wanted = { ...newRule, security_group_id: security_group.id };
    const created = await cloud.addSecurityGroupRule(wanted);
    const { id } = created;
    const rules = await cloud.securityGroupRules([security_group.id]);
    const described = await cloud.describedRules(['contract', 'of no rule']);
    const repeated = cloud.addSecurityGroupRule({ ...wanted, description: 'of another owner' });
    await expect(repeated).rejects.toMatchObject({ code: 'CLOUD_REFUSED', facts: { status: 409 } });
    await cloud.removeSecurityGroupRule(id);
    await cloud.removeSecurityGroupRule(id);

    expect(rules.find((rule) => rule.id === id)).toMatchObject({
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: 'tcp',
      port_range_min: 7777,
      port_range_max: 7777,
      remote_ip_prefix: '198.51.100.0/24',
      remote_group_id: null,
    });
    const after = await cloud.securityGroupRules([security_group.id]);
    expect(after.map((rule) => rule.id)).toEqual(rules.map((rule) => rule.id).filter((each) => each !== id));
    expect(await cloud.securityGroupRules([])).toEqual([]);
    expect(rules.find((rule) => rule.id === id)).toEqual(created);
    expect(described).toEqual([created]);
    expect(await cloud.describedRules(['contract'])).toEqual([]);
    expect(await cloud.describedRules([])).toEqual([]);
  });

  test('a security group rule for any source is one rule, whether it has no source or 0.0.0.0/0', async () => {
    const wanted = { security_group_id: facts.security_group.id, protocol: 'udp', port: 7778 } as const;
    const { id } = await cloud.addSecurityGroupRule({ ...wanted, remote_ip_prefix: null, description: 'contract' });
    const repeated = cloud.addSecurityGroupRule({ ...wanted, remote_ip_prefix: '0.0.0.0/0', description: 'other' });
    try {
      await expect(repeated).rejects.toMatchObject({ code: 'CLOUD_REFUSED', facts: { status: 409 } });
    } finally {
      await cloud.removeSecurityGroupRule(id);
    }
  });
}
