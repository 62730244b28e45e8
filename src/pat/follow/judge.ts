/**
 * What a mapping should become, by what the cloud was seen to be. Pure. A mapping is followed by its Neutron port, never by
 * its address: tenants overlap, and an address that is free today is somebody else's tomorrow.
 */
import { isUuid } from '../../core/values/uuid.ts';
import type { CloudPort, CloudRouter } from '../interfaces/cloud.ts';
import type { Mapping, TargetIdentity } from '../mapping/mapping.ts';
import { isRouterInterface, isServerPort, RouterPorts, targetsOf } from '../target/reach.ts';
import type { Picture } from './cloud-snapshot.ts';
import type { Verdict } from './correction.ts';

/** Nova's words for a server that does not run. In all others it may. */
const OFF: readonly string[] = ['SHUTOFF', 'PAUSED', 'SUSPENDED', 'SHELVED', 'SHELVED_OFFLOADED', 'SOFT_DELETED'];

/** Gives what is to be done; undefined when the mapping is as it should be. */
export function judge(mapping: Mapping, picture: Picture): Verdict | undefined {
  const { project_id, router_id } = mapping;
  // Any other namespace is no router of Neutron's.
  if (!isUuid(router_id)) return undefined;
  const router = picture.router(router_id);
  if (router === undefined) return remove(mapping, `router ${router_id} is gone`);
  // A token of this node may stand for a project that Keystone has never heard of; Neutron's own word is of Keystone's.
  if (project_id === router.project_id && picture.isGone(project_id))
    return remove(mapping, `project ${project_id} is gone`);
  const reach = new RouterPorts(router_id, picture.portsOf(router_id));
  if (mapping.port_id === null) return adopted(mapping, picture, reach) ?? released(mapping);
  const port = picture.port(mapping.port_id);
  if (port === undefined) return withoutPort(mapping, picture, reach);
  return readdressed(mapping, port, { router, reach }) ?? stopped(mapping, port, picture) ?? released(mapping);
}

/**
 * True while a port is wired: an agent ends, a second or more later, what a call began, and Neutron announces only calls.
 */
export function awaitsAgent({ port_id }: Mapping, picture: Picture): boolean {
  const port = port_id === null ? undefined : picture.port(port_id);
  return port !== undefined && port.isUp && isUnwired(port);
}

/** True for what must not be done on the word of a list: it takes traffic away, or leads it elsewhere. */
export function needsProof({ action, ...rest }: Verdict): boolean {
  return action === 'remove' || action === 'lead' || (action === 'hold' && 'withdrawn' in rest && rest.withdrawn);
}

/** One that was published by its address: if exactly one port of the router's networks has it, that one is followed. */
function adopted(mapping: Mapping, picture: Picture, reach: RouterPorts): Verdict | undefined {
  const subnets = reach.subnetIds;
  const { project_id, server_ip } = mapping;
  const fitting = picture
    .portsWith(server_ip)
    .filter((port) => !isRouterInterface(port) && (project_id === null || port.project_id === project_id))
    .filter((port) => port.fixed_ips.some((ip) => ip.ip_address === server_ip && subnets.has(ip.subnet_id)));
  const [port, another] = fitting;
  if (port === undefined || another !== undefined) return undefined;
  return lead(mapping, identityOf(port, server_ip), `port ${port.id} has its address`);
}

function withoutPort(mapping: Mapping, picture: Picture, reach: RouterPorts): Verdict {
  const { server_id, port_id } = mapping;
  if (server_id === null) return remove(mapping, `port ${port_id} is gone`);
  const server = picture.server(server_id);
  if (server === undefined) return remove(mapping, `server ${server_id} is gone`);
  const subnets = reach.subnetIds;
  const fitting = targetsOf(picture.portsOf(server_id)).filter(({ subnet_id }) => subnets.has(subnet_id));
  const [target, another] = fitting;
  const gone = `port ${port_id} of server ${server.name} is gone`;
  if (target === undefined) return hold(mapping, `${gone}, and it has no other one on a network of the router`, true);
  if (another === undefined)
    return lead(mapping, identityOf(target.port, target.server_ip), `${gone}; it has a new one, ${target.port.id}`);
  const addresses = fitting.map(({ server_ip }) => server_ip).join(', ');
  return hold(mapping, `${gone}, and it has several addresses that could be meant: ${addresses}`, true);
}

interface Way {
  readonly router: CloudRouter;
  readonly reach: RouterPorts;
}

function readdressed(mapping: Mapping, port: CloudPort, { router, reach }: Way): Verdict | undefined {
  const subnets = reach.subnetIds;
  const reachable = targetsOf([port]).filter(({ subnet_id }) => subnets.has(subnet_id));
  const same = reachable.find(({ server_ip }) => server_ip === mapping.server_ip);
  const { server_id } = identityOf(port, mapping.server_ip);
  if (same && server_id === mapping.server_id) return undefined;
  if (same && server_id !== null)
    return lead(mapping, identityOf(port, same.server_ip), `port ${port.id} belongs to server ${server_id} now`);
  if (same) return hold(mapping, `port ${port.id} belongs to no server now`, false);
  const [target, another] = reachable;
  if (target === undefined) {
    const has = targetsOf([port]).map(({ server_ip }) => server_ip);
    const what = has.length === 0 ? `port ${port.id} has no address` : `no interface on a subnet of ${has.join(', ')}`;
    return hold(mapping, has.length === 0 ? what : `router ${router.name} has ${what}`, true);
  }
  if (another === undefined)
    return lead(mapping, identityOf(port, target.server_ip), `the address of port ${port.id} has changed`);
  const addresses = reachable.map(({ server_ip }) => server_ip).join(', ');
  return hold(mapping, `port ${port.id} has several addresses that could be meant: ${addresses}`, true);
}

/** What does not answer at the moment; nobody else has its address, so nothing is withdrawn. */
function stopped(mapping: Mapping, port: CloudPort, picture: Picture): Verdict | undefined {
  if (!port.isUp) return hold(mapping, `port ${port.id} is down (admin_state_up is false)`, false);
  const server = mapping.server_id === null ? undefined : picture.server(mapping.server_id);
  if (server !== undefined && OFF.includes(server.status))
    return hold(mapping, `server ${server.name} is ${server.status}`, false);
  if (server !== undefined && isUnwired(port)) return hold(mapping, `port ${port.id} is DOWN on ${port.host}`, false);
  return undefined;
}

function isUnwired({ host, status }: CloudPort): boolean {
  return host !== '' && status === 'DOWN';
}

function released(mapping: Mapping): Verdict | undefined {
  return mapping.hold === null ? undefined : { action: 'release', ...common(mapping) };
}

function identityOf(port: CloudPort, server_ip: string): TargetIdentity {
  return { server_ip, port_id: port.id, server_id: isServerPort(port) ? port.device_id : null };
}

function common({ id, router_id, server_ip, server_id, port_id }: Mapping) {
  return { mapping_id: id, router_id, seen: { server_ip, server_id, port_id } };
}

function remove(mapping: Mapping, reason: string): Verdict {
  return { action: 'remove', ...common(mapping), reason };
}

function lead(mapping: Mapping, to: TargetIdentity, reason: string): Verdict {
  return { action: 'lead', ...common(mapping), to, reason };
}

/** Undefined would say that nothing is to be done; what is held already is held once. */
function hold(mapping: Mapping, reason: string, withdrawn: boolean): Verdict {
  return { action: 'hold', ...common(mapping), reason, withdrawn };
}
