/**
 * Decides what a request changes, from the record and the facts of the router. Each function gives the delta to commit, or
 * throws the error of the catalogue that refuses the request. Pure.
 */

import { type PortRange, rangeSize } from '../../core/values/port-range.ts';
import { isExpired, timeText } from '../../core/values/time.ts';
import { praasError } from '../errors.ts';
import { endpointKey, endpointOf, type PublicEndpoint } from '../mapping/forward.ts';
import {
  isEffective,
  type Mapping,
  type MappingPatch,
  type NewMapping,
  PENDING,
  type TargetIdentity,
} from '../mapping/mapping.ts';
import { type Delta, type RouterRecord, withDelta } from '../mapping/record.ts';
import { whyNotBehind } from '../router/facts.ts';
import { portInUseAt } from '../router/port-in-use.ts';
import { nextPort } from './allocation.ts';
import { choosePort } from './port-choice.ts';
import type { Condition, Decision, Situation } from './situation.ts';

/** Fields for people: they change no rule, so no connection has to be looked at. */
const WORDS: ReadonlySet<string> = new Set(['name', 'description'] satisfies (keyof MappingPatch)[]);

/**
 * Decides a new mapping with this ID. Throws INVALID_INPUT for an expiry in the past, NO_GATEWAY, GATEWAY_NOT_LOCAL,
 * SERVER_NOT_BEHIND_ROUTER, PORT_TAKEN, PORT_RESERVED, NO_FREE_PORT.
 */
export function decideCreate(situation: Situation, newMapping: NewMapping, id: string): Decision {
  requireFuture(newMapping.expires_at, situation.now);
  const gatewayIp = chooseGateway(situation, newMapping);
  checkServer(situation, newMapping.server_ip);
  const { protocol } = newMapping;
  const routerPort = newMapping.router_port ?? choosePort(situation, { protocol, gateway_ip: gatewayIp });
  const endpoint = { protocol, gateway_ip: gatewayIp, router_port: routerPort };
  checkEndpoint(situation, endpoint, id);
  const time = timeText(situation.now);
  const { settings, record } = situation;
  const mapping: Mapping = {
    id,
    router_id: newMapping.router_id,
    project_id: newMapping.project_id,
    protocol,
    router_port: routerPort,
    gateway_ip: gatewayIp,
    server_ip: newMapping.server_ip,
    server_port: newMapping.server_port,
    server_id: newMapping.server_id,
    port_id: newMapping.port_id,
    name: newMapping.name,
    description: newMapping.description,
    allowed_cidrs: newMapping.allowed_cidrs,
    masquerade: newMapping.masquerade ?? settings.masquerade,
    expires_at: newMapping.expires_at,
    enabled: newMapping.enabled,
    open_security_group: newMapping.open_security_group,
    security_group_rule_ids: newMapping.security_group_rule_ids,
    suspension: null,
    ...PENDING,
    created_at: time,
    updated_at: time,
  };
  return {
    mapping,
    delta: {
      put: [mapping],
      pending: [...record.pending, endpoint],
      ...(newMapping.router_port === undefined && { next_port: nextPort(settings.router_port_range, routerPort) }),
    },
  };
}

/** Throws MAPPING_EXISTS when the record has a mapping with one of these IDs. */
export function requireNew({ mappings }: RouterRecord, ids: readonly string[]): void {
  const present = ids.find((id) => mappings.has(id));
  if (present !== undefined) throw praasError('MAPPING_EXISTS', { id: present });
}

/** Decides several new mappings, each on the record that those before it leave. Throws as decideCreate does. */
export function decideCreateMany(
  situation: Situation,
  newMappings: readonly NewMapping[],
  ids: readonly string[],
): { readonly delta: Delta; readonly mappings: readonly Mapping[] } {
  let { record } = situation;
  const put = newMappings.map((each, index) => {
    const { mapping, delta } = decideCreate({ ...situation, record }, each, ids[index] ?? '');
    record = withDelta(record, delta);
    return mapping;
  });
  const { next_port, pending } = record;
  return { mappings: put, delta: { put, pending, ...(next_port !== situation.record.next_port && { next_port }) } };
}

/**
 * Gives the mapping that already publishes the same port of the same server with the same protocol, on the same gateway
 * address if one is given. A disabled or expired mapping publishes nothing.
 */
export function findPublished({ record: { mappings }, now }: Situation, newMapping: NewMapping): Mapping | undefined {
  const { server_ip, server_port, protocol, gateway_ip } = newMapping;
  return [...mappings.to({ server_ip, server_port })].find(
    (mapping) =>
      isEffective(mapping, now) &&
      mapping.protocol === protocol &&
      (gateway_ip === undefined || mapping.gateway_ip === gateway_ip),
  );
}

/**
 * Decides an update of one mapping; `identity` is the port and server that have the new server address.
 * Throws as decideCreate does, and MAPPING_NOT_FOUND, NOTHING_TO_UPDATE.
 */
export function decideUpdate(
  situation: Situation,
  id: string,
  patch: MappingPatch,
  {
    condition,
    identity,
  }: { readonly condition?: Condition | undefined; readonly identity?: TargetIdentity | undefined } = {},
): Decision {
  const before = requireMapping(situation.record, id);
  condition?.(before);
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  const changes = Object.fromEntries(given);
  if (given.length === 0) throw praasError('NOTHING_TO_UPDATE', { id });
  // What is as it was may be sent again, also after the expiry.
  if (patch.expires_at !== undefined && patch.expires_at !== before.expires_at)
    requireFuture(patch.expires_at, situation.now);
  // The suspension is about the previous server address.
  const after = { ...before, ...changes, ...(identity && { ...identity, suspension: null }) };
  if (after.server_ip !== before.server_ip) checkServer(situation, after.server_ip);
  // While a mapping was disabled or expired, its port may have come into use.
  const becomesEffective = isEffective(after, situation.now) && !isEffective(before, situation.now);
  if (becomesEffective || after.router_port !== before.router_port) checkEndpoint(situation, after, id);
  const mapping: Mapping = { ...after, ...PENDING, updated_at: timeText(situation.now) };
  const { record, settings } = situation;
  const isMoved = after.router_port !== before.router_port;
  const next = isMoved ? nextPortPast(record, [before], settings.router_port_range) : undefined;
  return {
    mapping,
    delta: {
      put: [mapping],
      ...(given.some(([field]) => !WORDS.has(field)) && {
        pending: [...record.pending, endpointOf(before), endpointOf(mapping)],
      }),
      ...(next !== undefined && { next_port: next }),
    },
  };
}

/** What is to be closed now is deleted or disabled: an expiry in the past is a mistake. Throws INVALID_INPUT. */
function requireFuture(time: string | null, now: Date): void {
  if (time === null || !isExpired({ expires_at: time }, now)) return;
  throw praasError('INVALID_INPUT', { field: 'expires_at', found: time, allowed: `a time after ${timeText(now)}` });
}

/** Decides the deletion of these mappings. Throws MAPPING_NOT_FOUND, and what the condition throws. */
export function decideDelete(
  record: RouterRecord,
  ids: readonly string[],
  range: PortRange,
  condition?: Condition,
): Delta {
  const deleted = ids.map((id) => requireMapping(record, id));
  for (const mapping of deleted) condition?.(mapping);
  const next = nextPortPast(record, deleted, range);
  return {
    remove: ids,
    pending: [...record.pending, ...deleted.map(endpointOf)],
    ...(next !== undefined && { next_port: next }),
  };
}

/**
 * Gives the port after the freed ones when the search for the next free port would give one of them: a freed port is reused as
 * late as possible. Undefined: the search starts where it would.
 */
function nextPortPast(record: RouterRecord, freedMappings: readonly Mapping[], range: PortRange): number | undefined {
  const freed = new Set(freedMappings.map(({ router_port }) => router_port));
  let port = record.next_port >= range.first && record.next_port <= range.last ? record.next_port : range.first;
  let past: number | undefined;
  for (let step = 0; step < rangeSize(range) && record.mappings.usesPort(port); step++) {
    const following = nextPort(range, port);
    if (freed.has(port)) past = following;
    port = following;
  }
  return past;
}

/** Throws MAPPING_NOT_FOUND. */
function requireMapping(record: RouterRecord, id: string): Mapping {
  const mapping = record.mappings.get(id);
  if (mapping === undefined) throw praasError('MAPPING_NOT_FOUND', { id });
  return mapping;
}

type GatewayRequest = Pick<NewMapping, 'router_id' | 'gateway_ip' | 'expectedGatewayIp'>;

/** Uses the expected address for a router that has no gateway address. Throws NO_GATEWAY, GATEWAY_NOT_LOCAL. */
function chooseGateway({ router, force }: Situation, request: GatewayRequest): string {
  const { router_id, expectedGatewayIp: expected } = request;
  const facts = router?.facts;
  const gateway = request.gateway_ip ?? facts?.gateways[0] ?? expected;
  if (gateway === undefined) throw praasError('NO_GATEWAY', { router: router_id });
  const isExpected = gateway === expected && facts?.gateways.length === 0;
  if (!force && facts !== undefined && !isExpected && !facts.addresses.includes(gateway)) {
    // The other addresses are floating IPs, of any project.
    throw praasError('GATEWAY_NOT_LOCAL', { gateway, router: router_id, addresses: facts.gateways });
  }
  return gateway;
}

function checkServer({ router, force }: Situation, serverIp: string): void {
  const facts = router && !force ? whyNotBehind(router.facts, serverIp) : undefined;
  if (facts !== undefined) throw praasError('SERVER_NOT_BEHIND_ROUTER', facts);
}

/** Throws PORT_TAKEN and PORT_RESERVED when another mapping, an unmanaged rule, a process or praas.conf has the endpoint. */
function checkEndpoint({ record, router, settings, force }: Situation, endpoint: PublicEndpoint, id: string): void {
  const key = endpointKey(endpoint);
  const other = record.mappings.at(endpoint).find((mapping) => mapping.id !== id);
  if (other !== undefined) {
    const { name, project_id, server_ip, server_port } = other;
    throw praasError('PORT_TAKEN', {
      endpoint: key,
      by: { kind: 'mapping', id: other.id, name, project_id, server_ip, server_port },
    });
  }
  const inUse = portInUseAt(router?.portsInUse ?? [], endpoint);
  if (inUse?.kind === 'rule') throw praasError('PORT_TAKEN', { endpoint: key, by: { kind: 'rule', rule: inUse.text } });
  if (force) return;
  if (inUse !== undefined) {
    throw praasError('PORT_RESERVED', { endpoint: key, by: { kind: 'listener', socket: inUse.text } });
  }
  if (settings.reserved_ports.includes(endpoint.router_port)) {
    throw praasError('PORT_RESERVED', { endpoint: key, by: { kind: 'reserved' } });
  }
}
