/** Which ports are free for a new mapping, and which one it gets. Pure. */
import { rangeSize } from '../../core/values/port-range.ts';
import { praasError } from '../errors.ts';
import type { PublicEndpoint } from '../mapping/forward.ts';
import type { RouterRecord } from '../mapping/record.ts';
import { portInUseAt } from '../router/port-in-use.ts';
import { allocatePort } from './allocation.ts';
import type { Situation } from './situation.ts';

type GatewayAddress = Omit<PublicEndpoint, 'router_port'>;

/** Gives the number of free ports in router_port_range. */
export function freePorts(situation: Situation, address: GatewayAddress): number {
  const mapped = mappedPorts(situation.record, address);
  const isTaken = takenPorts(situation, address, (port) => mapped.has(port));
  const { first } = situation.settings.router_port_range;
  return Array.from({ length: rangeSize(situation.settings.router_port_range) }, (_, step) => first + step).filter(
    (port) => !isTaken(port),
  ).length;
}

/** Gives the next free port of router_port_range. Throws NO_FREE_PORT. */
export function choosePort(situation: Situation, address: GatewayAddress): number {
  const range = situation.settings.router_port_range;
  const { mappings: present, next_port } = situation.record;
  const isMapped = (routerPort: number): boolean => present.at({ ...address, router_port: routerPort }).length > 0;
  const port = allocatePort(range, next_port, takenPorts(situation, address, isMapped));
  if (port !== undefined) return port;
  const mapped = mappedPorts(situation.record, address);
  const mappings = [...mapped].filter((each) => each >= range.first && each <= range.last).length;
  throw praasError('NO_FREE_PORT', {
    first: range.first,
    last: range.last,
    protocol: address.protocol,
    gateway: address.gateway_ip,
    mappings,
    others: rangeSize(range) - mappings,
  });
}

function takenPorts(
  { router, settings }: Situation,
  address: GatewayAddress,
  isMapped: (port: number) => boolean,
): (port: number) => boolean {
  const reserved = new Set(settings.reserved_ports);
  const portsInUse = router?.portsInUse ?? [];
  return (routerPort) =>
    isMapped(routerPort) ||
    reserved.has(routerPort) ||
    portInUseAt(portsInUse, { ...address, router_port: routerPort }) !== undefined;
}

function mappedPorts(record: RouterRecord, address: GatewayAddress): Set<number> {
  const ports = new Set<number>();
  for (const { protocol, gateway_ip, router_port } of record.mappings.values()) {
    if (protocol === address.protocol && gateway_ip === address.gateway_ip) ports.add(router_port);
  }
  return ports;
}
