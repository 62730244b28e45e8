/**
 * Compares a mapping with a snapshot of the cloud and gives the correction that it needs. Pure. A mapping follows its Neutron
 * port, never its address: addresses of projects overlap, and a free address may belong to another server later.
 */

import { isUuid } from '../../core/values/uuid.ts';
import type { CloudPort, CloudRouter } from '../interfaces/cloud.ts';
import type { Mapping, TargetIdentity } from '../mapping/mapping.ts';
import { type Reason, reason } from '../mapping/reasons.ts';
import { addressesOf, isRouterInterface, isServerPort, RouterPorts } from '../target/neutron-ports.ts';
import type { CloudSnapshot } from './cloud-snapshot.ts';
import type { Correction } from './correction.ts';

/** The statuses of Nova for a server that does not run. With any other status it may run. */
const STOPPED_STATUSES: readonly string[] = [
  'SHUTOFF',
  'PAUSED',
  'SUSPENDED',
  'SHELVED',
  'SHELVED_OFFLOADED',
  'SOFT_DELETED',
];

/** Undefined when the mapping needs no correction. */
export function evaluate(mapping: Mapping, snapshot: CloudSnapshot): Correction | undefined {
  const { project_id, router_id } = mapping;
  // A namespace with another name is no Neutron router.
  if (!isUuid(router_id)) return undefined;
  const router = snapshot.router(router_id);
  if (router === undefined) return deletion(mapping, reason('ROUTER_DELETED', { router: router_id }));
  // The project of a mapping may come from an API token of this node and be unknown to Keystone; that of a router may not.
  if (project_id === router.project_id && snapshot.isProjectDeleted(project_id))
    return deletion(mapping, reason('PROJECT_DELETED', { project: project_id }));
  const reach = new RouterPorts(router_id, snapshot.portsOf(router_id));
  if (mapping.port_id === null) return identification(mapping, snapshot, reach) ?? resumption(mapping);
  const port = snapshot.port(mapping.port_id);
  if (port === undefined) return afterPortDeletion(mapping, mapping.port_id, snapshot, reach);
  return addressChange(mapping, port, { router, reach }) ?? stop(mapping, port, snapshot) ?? resumption(mapping);
}

/**
 * True while the port waits for an L2 agent to bind it. The agent finishes a second or more after the API call, and Neutron
 * notifies of the call only.
 */
export function awaitsPortUp({ port_id }: Mapping, snapshot: CloudSnapshot): boolean {
  const port = port_id === null ? undefined : snapshot.port(port_id);
  return port !== undefined && port.isUp && isBoundAndDown(port);
}

/** True for a correction that must not be based on a list: it closes the port or sends packets to another server. */
export function needsVerification({ action, ...rest }: Correction): boolean {
  return action === 'delete' || action === 'follow' || ('rules_removed' in rest && rest.rules_removed);
}

/** A mapping that has a server address only: it gets the port if exactly one on the router's subnets has the address. */
function identification(mapping: Mapping, snapshot: CloudSnapshot, reach: RouterPorts): Correction | undefined {
  const subnets = reach.subnetIds;
  const { project_id, server_ip } = mapping;
  const candidates = snapshot
    .portsWith(server_ip)
    .filter((port) => !isRouterInterface(port) && (project_id === null || port.project_id === project_id))
    .filter((port) => port.fixed_ips.some((ip) => ip.ip_address === server_ip && subnets.has(ip.subnet_id)));
  const [port, another] = candidates;
  if (port === undefined || another !== undefined) return undefined;
  return move(mapping, identityOf(port, server_ip), reason('PORT_FOUND', { port: port.id }));
}

function afterPortDeletion(mapping: Mapping, port: string, snapshot: CloudSnapshot, reach: RouterPorts): Correction {
  const { server_id } = mapping;
  if (server_id === null) return deletion(mapping, reason('PORT_DELETED', { port }));
  const server = snapshot.server(server_id);
  if (server === undefined) return deletion(mapping, reason('SERVER_DELETED', { server: server_id }));
  const subnets = reach.subnetIds;
  const reachable = addressesOf(snapshot.portsOf(server_id)).filter(({ subnet_id }) => subnets.has(subnet_id));
  const [target, another] = reachable;
  const facts = { port, server: server.name };
  if (target === undefined) return suspension(mapping, reason('PORT_NOT_REPLACED', facts), true);
  if (another === undefined) {
    const replaced = reason('PORT_REPLACED', { ...facts, new_port: target.port.id });
    return move(mapping, identityOf(target.port, target.server_ip), replaced);
  }
  const addresses = reachable.map(({ server_ip }) => server_ip);
  return suspension(mapping, reason('PORT_AMBIGUOUS', { ...facts, addresses }), true);
}

interface RouterReach {
  readonly router: CloudRouter;
  readonly reach: RouterPorts;
}

function addressChange(mapping: Mapping, port: CloudPort, { router, reach }: RouterReach): Correction | undefined {
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

/** The server does not answer, but no other one has its address, so the rules may stay. */
function stop(mapping: Mapping, port: CloudPort, snapshot: CloudSnapshot): Correction | undefined {
  if (!port.isUp) return suspension(mapping, reason('PORT_DISABLED', { port: port.id }), false);
  const server = mapping.server_id === null ? undefined : snapshot.server(mapping.server_id);
  if (server !== undefined && STOPPED_STATUSES.includes(server.status))
    return suspension(mapping, reason('SERVER_STOPPED', { server: server.name, status: server.status }), false);
  if (server !== undefined && isBoundAndDown(port))
    return suspension(mapping, reason('PORT_DOWN', { port: port.id, host: port.host }), false);
  return undefined;
}

function isBoundAndDown({ host, status }: CloudPort): boolean {
  return host !== '' && status === 'DOWN';
}

function resumption(mapping: Mapping): Correction | undefined {
  return mapping.suspension === null ? undefined : { action: 'resume', ...subjectOf(mapping) };
}

function identityOf(port: CloudPort, serverIp: string): TargetIdentity {
  return { server_ip: serverIp, port_id: port.id, server_id: isServerPort(port) ? port.device_id : null };
}

function subjectOf({ id, router_id, server_ip, server_id, port_id }: Mapping) {
  return { mapping_id: id, router_id, seen: { server_ip, server_id, port_id } };
}

function deletion(mapping: Mapping, why: Reason): Correction {
  return { action: 'delete', ...subjectOf(mapping), reason: why };
}

function move(mapping: Mapping, to: TargetIdentity, why: Reason): Correction {
  return { action: 'follow', ...subjectOf(mapping), to, reason: why };
}

function suspension(mapping: Mapping, why: Reason, rulesRemoved: boolean): Correction {
  return { action: 'suspend', ...subjectOf(mapping), reason: why, rules_removed: rulesRemoved };
}
