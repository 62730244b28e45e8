/**
 * What a mapping should become, by what the cloud was seen to be. Pure. A mapping is followed by its Neutron port, never by
 * its address: tenants overlap, and an address that is free today is somebody else's tomorrow.
 */

import { isUuid } from '../../core/values/uuid.ts';
import type { CloudPort, CloudRouter } from '../interfaces/cloud.ts';
import type { Mapping, TargetIdentity } from '../mapping/mapping.ts';
import { type Reason, reason } from '../mapping/reasons.ts';
import { addressesOf, isRouterInterface, isServerPort, RouterPorts } from '../target/neutron-ports.ts';
import type { CloudSnapshot } from './cloud-snapshot.ts';
import type { Correction } from './correction.ts';

/** Nova's words for a server that does not run. In all others it may. */
const OFF: readonly string[] = ['SHUTOFF', 'PAUSED', 'SUSPENDED', 'SHELVED', 'SHELVED_OFFLOADED', 'SOFT_DELETED'];

/** Gives what is to be done; undefined when the mapping is as it should be. */
export function judge(mapping: Mapping, snapshot: CloudSnapshot): Correction | undefined {
  const { project_id, router_id } = mapping;
  // Any other namespace is no router of Neutron's.
  if (!isUuid(router_id)) return undefined;
  const router = snapshot.router(router_id);
  if (router === undefined) return deletion(mapping, reason('ROUTER_DELETED', { router: router_id }));
  // A token of this node may stand for a project that Keystone has never heard of; Neutron's own word is of Keystone's.
  if (project_id === router.project_id && snapshot.isGone(project_id))
    return deletion(mapping, reason('PROJECT_DELETED', { project: project_id }));
  const reach = new RouterPorts(router_id, snapshot.portsOf(router_id));
  if (mapping.port_id === null) return adopted(mapping, snapshot, reach) ?? resumption(mapping);
  const port = snapshot.port(mapping.port_id);
  if (port === undefined) return withoutPort(mapping, snapshot, reach);
  return readdressed(mapping, port, { router, reach }) ?? stopped(mapping, port, snapshot) ?? resumption(mapping);
}

/**
 * True while a port is wired: an agent ends, a second or more later, what a call began, and Neutron announces only calls.
 */
export function awaitsAgent({ port_id }: Mapping, snapshot: CloudSnapshot): boolean {
  const port = port_id === null ? undefined : snapshot.port(port_id);
  return port !== undefined && port.isUp && isUnwired(port);
}

/** True for what must not be done on the word of a list: it takes traffic away, or leads it elsewhere. */
export function needsProof({ action, ...rest }: Correction): boolean {
  return action === 'delete' || action === 'follow' || ('withdrawn' in rest && rest.withdrawn);
}

/** One that was published by its address: if exactly one port of the router's networks has it, that one is followed. */
function adopted(mapping: Mapping, snapshot: CloudSnapshot, reach: RouterPorts): Correction | undefined {
  const subnets = reach.subnetIds;
  const { project_id, server_ip } = mapping;
  const fitting = snapshot
    .portsWith(server_ip)
    .filter((port) => !isRouterInterface(port) && (project_id === null || port.project_id === project_id))
    .filter((port) => port.fixed_ips.some((ip) => ip.ip_address === server_ip && subnets.has(ip.subnet_id)));
  const [port, another] = fitting;
  if (port === undefined || another !== undefined) return undefined;
  return move(mapping, identityOf(port, server_ip), reason('PORT_FOUND', { port: port.id }));
}

function withoutPort(mapping: Mapping, snapshot: CloudSnapshot, reach: RouterPorts): Correction {
  const { server_id } = mapping;
  const gone = { port: mapping.port_id ?? '' };
  if (server_id === null) return deletion(mapping, reason('PORT_DELETED', gone));
  const server = snapshot.server(server_id);
  if (server === undefined) return deletion(mapping, reason('SERVER_DELETED', { server: server_id }));
  const subnets = reach.subnetIds;
  const fitting = addressesOf(snapshot.portsOf(server_id)).filter(({ subnet_id }) => subnets.has(subnet_id));
  const [target, another] = fitting;
  const facts = { ...gone, server: server.name };
  if (target === undefined) return suspension(mapping, reason('PORT_NOT_REPLACED', facts), true);
  if (another === undefined) {
    const replaced = reason('PORT_REPLACED', { ...facts, new_port: target.port.id });
    return move(mapping, identityOf(target.port, target.server_ip), replaced);
  }
  const addresses = fitting.map(({ server_ip }) => server_ip);
  return suspension(mapping, reason('PORT_AMBIGUOUS', { ...facts, addresses }), true);
}

interface Way {
  readonly router: CloudRouter;
  readonly reach: RouterPorts;
}

function readdressed(mapping: Mapping, port: CloudPort, { router, reach }: Way): Correction | undefined {
  const subnets = reach.subnetIds;
  const reachable = addressesOf([port]).filter(({ subnet_id }) => subnets.has(subnet_id));
  const same = reachable.find(({ server_ip }) => server_ip === mapping.server_ip);
  const { server_id } = identityOf(port, mapping.server_ip);
  if (same && server_id === mapping.server_id) return undefined;
  if (same && server_id !== null)
    return move(mapping, identityOf(port, same.server_ip), reason('PORT_MOVED', { port: port.id, server: server_id }));
  if (same) return suspension(mapping, reason('PORT_DETACHED', { port: port.id }), false);
  const [target, another] = reachable;
  if (target === undefined) {
    const addresses = addressesOf([port]).map(({ server_ip }) => server_ip);
    if (addresses.length === 0) return suspension(mapping, reason('PORT_WITHOUT_ADDRESS', { port: port.id }), true);
    return suspension(mapping, reason('SUBNET_DETACHED', { router: router.name, addresses }), true);
  }
  if (another === undefined)
    return move(mapping, identityOf(port, target.server_ip), reason('ADDRESS_CHANGED', { port: port.id }));
  const addresses = reachable.map(({ server_ip }) => server_ip);
  return suspension(mapping, reason('ADDRESS_AMBIGUOUS', { port: port.id, addresses }), true);
}

/** What does not answer at the moment; nobody else has its address, so nothing is withdrawn. */
function stopped(mapping: Mapping, port: CloudPort, snapshot: CloudSnapshot): Correction | undefined {
  if (!port.isUp) return suspension(mapping, reason('PORT_DISABLED', { port: port.id }), false);
  const server = mapping.server_id === null ? undefined : snapshot.server(mapping.server_id);
  if (server !== undefined && OFF.includes(server.status))
    return suspension(mapping, reason('SERVER_STOPPED', { server: server.name, status: server.status }), false);
  if (server !== undefined && isUnwired(port))
    return suspension(mapping, reason('PORT_DOWN', { port: port.id, host: port.host }), false);
  return undefined;
}

function isUnwired({ host, status }: CloudPort): boolean {
  return host !== '' && status === 'DOWN';
}

function resumption(mapping: Mapping): Correction | undefined {
  return mapping.suspension === null ? undefined : { action: 'resume', ...common(mapping) };
}

function identityOf(port: CloudPort, server_ip: string): TargetIdentity {
  return { server_ip, port_id: port.id, server_id: isServerPort(port) ? port.device_id : null };
}

function common({ id, router_id, server_ip, server_id, port_id }: Mapping) {
  return { mapping_id: id, router_id, seen: { server_ip, server_id, port_id } };
}

function deletion(mapping: Mapping, why: Reason): Correction {
  return { action: 'delete', ...common(mapping), reason: why };
}

function move(mapping: Mapping, to: TargetIdentity, why: Reason): Correction {
  return { action: 'follow', ...common(mapping), to, reason: why };
}

function suspension(mapping: Mapping, why: Reason, withdrawn: boolean): Correction {
  return { action: 'suspend', ...common(mapping), reason: why, withdrawn };
}
