/** Which ports a new mapping could get, and which one it gets. Pure. */
import { rangeSize } from '../../core/values/port-range.ts';
import { praasError } from '../errors.ts';
import type { Endpoint } from '../mapping/forward.ts';
import type { RouterRecord } from '../mapping/record.ts';
import { portInUseAt } from '../router/port-in-use.ts';
import { allocatePort } from './allocation.ts';
import type { Situation } from './situation.ts';

/** How many ports of the range a new mapping could get. */
export function freePorts(situation: Situation, where: Omit<Endpoint, 'router_port'>): number {
  const isTaken = takenPorts(situation, where);
  const { first } = situation.settings.router_port_range;
  return Array.from({ length: rangeSize(situation.settings.router_port_range) }, (_, step) => first + step).filter(
    (port) => !isTaken(port),
  ).length;
}

/** Throws NO_FREE_PORT. */
export function choosePort(situation: Situation, where: Omit<Endpoint, 'router_port'>): number {
  const range = situation.settings.router_port_range;
  const port = allocatePort(range, situation.record.next_port, takenPorts(situation, where));
  if (port !== undefined) return port;
  const mapped = mappedPorts(situation.record, where);
  const mappings = [...mapped].filter((taken) => taken >= range.first && taken <= range.last).length;
  throw praasError('NO_FREE_PORT', {
    first: range.first,
    last: range.last,
    protocol: where.protocol,
    gateway: where.gateway_ip,
    mappings,
    others: rangeSize(range) - mappings,
  });
}

function takenPorts(
  { record, router, settings }: Situation,
  where: Omit<Endpoint, 'router_port'>,
): (port: number) => boolean {
  const mapped = mappedPorts(record, where);
  const reserved = new Set(settings.reserved_ports);
  const portsInUse = router?.portsInUse ?? [];
  return (router_port) =>
    mapped.has(router_port) ||
    reserved.has(router_port) ||
    portInUseAt(portsInUse, { ...where, router_port }) !== undefined;
}

function mappedPorts(record: RouterRecord, where: Omit<Endpoint, 'router_port'>): Set<number> {
  const ports = new Set<number>();
  for (const { protocol, gateway_ip, router_port } of record.mappings.values()) {
    if (protocol === where.protocol && gateway_ip === where.gateway_ip) ports.add(router_port);
  }
  return ports;
}
