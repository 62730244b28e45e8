/**
 * What a request changes, decided from what is stored and what the router says. Pure: nothing is written here. Each
 * function gives the delta to commit, or throws the error of the catalogue that says why not.
 */

import { type PortRange, rangeSize } from '../../core/values/port-range.ts';
import { timeText } from '../../core/values/time.ts';
import { praasError } from '../errors.ts';
import { type Endpoint, endpointKey, endpointOf } from '../mapping/forward.ts';
import {
  isEffective,
  type Mapping,
  type MappingPatch,
  type NewMapping,
  type TargetIdentity,
} from '../mapping/mapping.ts';
import type { Delta, RouterRecord } from '../mapping/record.ts';
import { PENDING } from '../plan/status.ts';
import { whyNotBehind } from '../router/facts.ts';
import { portInUseAt } from '../router/port-in-use.ts';
import { nextPort } from './allocation.ts';
import { choosePort } from './port-choice.ts';
import type { Condition, Decision, Situation } from './situation.ts';

/** Decides a new mapping with the id given. Throws NO_GATEWAY, GATEWAY_NOT_LOCAL, SERVER_NOT_BEHIND_ROUTER, PORT_TAKEN, PORT_RESERVED, NO_FREE_PORT. */
export function decideCreate(situation: Situation, wanted: NewMapping, id: string): Decision {
  const gateway_ip = chooseGateway(situation, wanted);
  checkServer(situation, wanted.server_ip);
  const { protocol } = wanted;
  const router_port = wanted.router_port ?? choosePort(situation, { protocol, gateway_ip });
  const endpoint = { protocol, gateway_ip, router_port };
  checkEndpoint(situation, endpoint, id);
  const time = timeText(situation.now);
  const { settings, record } = situation;
  const mapping: Mapping = {
    id,
    router_id: wanted.router_id,
    project_id: wanted.project_id,
    protocol,
    router_port,
    gateway_ip,
    server_ip: wanted.server_ip,
    server_port: wanted.server_port,
    server_id: wanted.server_id,
    port_id: wanted.port_id,
    name: wanted.name,
    description: wanted.description,
    allowed_cidrs: wanted.allowed_cidrs,
    masquerade: wanted.masquerade ?? settings.masquerade,
    expires_at: wanted.expires_at,
    enabled: wanted.enabled,
    security_group_rule_ids: wanted.security_group_rule_ids,
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
      ...(wanted.router_port === undefined && { next_port: nextPort(settings.router_port_range, router_port) }),
    },
  };
}

/** Throws MAPPING_EXISTS when one of these is there already. */
export function requireNew({ mappings }: RouterRecord, ids: readonly string[]): void {
  const present = ids.find((id) => mappings.has(id));
  if (present !== undefined) throw praasError('MAPPING_EXISTS', { id: present });
}

/** Decides several new mappings, each on what those before it leave. Throws as decideCreate does. */
export function decideCreateMany(
  situation: Situation,
  inputs: readonly NewMapping[],
  ids: readonly string[],
): { readonly delta: Delta; readonly mappings: readonly Mapping[] } {
  const mappings = new Map(situation.record.mappings);
  let record: RouterRecord = { ...situation.record, mappings };
  const put = inputs.map((input, index) => {
    const id = ids[index] ?? '';
    const { mapping, delta } = decideCreate({ ...situation, record }, input, id);
    mappings.set(id, mapping);
    const { next_port = record.next_port, pending = record.pending } = delta;
    record = { ...record, next_port, pending };
    return mapping;
  });
  const { next_port, pending } = record;
  return { mappings: put, delta: { put, pending, ...(next_port !== situation.record.next_port && { next_port }) } };
}

/**
 * The mapping that already does what the input asks for: same server, port, protocol, and gateway where one is given.
 * One that is disabled or has expired publishes nothing.
 */
export function publishedAs({ record: { mappings }, now }: Situation, input: NewMapping): Mapping | undefined {
  const { server_ip, server_port, protocol, gateway_ip } = input;
  return [...mappings.values()].find(
    (mapping) =>
      isEffective(mapping, now) &&
      mapping.server_ip === server_ip &&
      mapping.server_port === server_port &&
      mapping.protocol === protocol &&
      (gateway_ip === undefined || mapping.gateway_ip === gateway_ip),
  );
}

/**
 * Decides a change of one mapping of the record; `identity` is what the new server address belongs to.
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
  const before = mappingIn(situation.record, id);
  condition?.(before);
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  const changes = Object.fromEntries(given);
  if (given.length === 0) throw praasError('NOTHING_TO_UPDATE', { id });
  // What was found of another address says nothing of this one.
  const after = { ...before, ...changes, ...(identity && { ...identity, suspension: null }) };
  if (after.server_ip !== before.server_ip) checkServer(situation, after.server_ip);
  // While a mapping was off, somebody else may have taken its port.
  const opens = isEffective(after, situation.now) && !isEffective(before, situation.now);
  if (opens || after.router_port !== before.router_port) checkEndpoint(situation, after, id);
  const mapping: Mapping = { ...after, ...PENDING, updated_at: timeText(situation.now) };
  const { record, settings } = situation;
  const moved = after.router_port !== before.router_port;
  const next_port = moved ? walkPast(record, [before], settings.router_port_range) : undefined;
  return {
    mapping,
    delta: {
      put: [mapping],
      pending: [...record.pending, endpointOf(before), endpointOf(mapping)],
      ...(next_port !== undefined && { next_port }),
    },
  };
}

/** Decides the removal of these mappings of the record. Throws MAPPING_NOT_FOUND. */
export function decideDelete(
  record: RouterRecord,
  ids: readonly string[],
  range?: PortRange,
  condition?: Condition,
): Delta {
  const gone = ids.map((id) => mappingIn(record, id));
  for (const mapping of gone) condition?.(mapping);
  const next_port = range && walkPast(record, gone, range);
  return {
    remove: ids,
    pending: [...record.pending, ...gone.map(endpointOf)],
    ...(next_port !== undefined && { next_port }),
  };
}

/** Where the walk goes on when a port that is being freed would be its next: behind it. Undefined: where it was. */
function walkPast(record: RouterRecord, gone: readonly Mapping[], range: PortRange): number | undefined {
  const freed = new Set(gone.map(({ router_port }) => router_port));
  const taken = new Set([...record.mappings.values()].map(({ router_port }) => router_port));
  let port = record.next_port >= range.first && record.next_port <= range.last ? record.next_port : range.first;
  let past: number | undefined;
  for (let step = 0; step < rangeSize(range) && taken.has(port); step++) {
    const behind = nextPort(range, port);
    if (freed.has(port)) past = behind;
    port = behind;
  }
  return past;
}

function mappingIn(record: RouterRecord, id: string): Mapping {
  const mapping = record.mappings.get(id);
  if (mapping === undefined) throw praasError('MAPPING_NOT_FOUND', { id });
  return mapping;
}

type GatewayWish = Pick<NewMapping, 'router_id' | 'gateway_ip' | 'expectedGatewayIp'>;

/** Where the router has no gateway address now, the one that it is expected to get will do. */
function chooseGateway({ router, force }: Situation, wish: GatewayWish): string {
  const { router_id: name, expectedGatewayIp: expected } = wish;
  const facts = router?.facts;
  const gateway = wish.gateway_ip ?? facts?.gateways[0] ?? expected;
  if (gateway === undefined) throw praasError('NO_GATEWAY', { router: name });
  const isExpected = gateway === expected && facts?.gateways.length === 0;
  if (!force && facts !== undefined && !isExpected && !facts.addresses.includes(gateway)) {
    throw praasError('GATEWAY_NOT_LOCAL', { gateway, router: name, addresses: facts.addresses });
  }
  return gateway;
}

function checkServer({ router, force }: Situation, server_ip: string): void {
  const facts = router && !force ? whyNotBehind(router.facts, server_ip) : undefined;
  if (facts !== undefined) throw praasError('SERVER_NOT_BEHIND_ROUTER', facts);
}

/** Throws when the endpoint is another mapping's, or somebody else's. */
function checkEndpoint({ record, router, settings, force }: Situation, endpoint: Endpoint, id: string): void {
  const key = endpointKey(endpoint);
  for (const other of record.mappings.values()) {
    if (other.id !== id && other.router_port === endpoint.router_port && endpointKey(other) === key) {
      const name = other.name === '' ? '' : ` (${other.name})`;
      const by = `mapping ${other.id}${name} to ${other.server_ip}:${other.server_port}`;
      throw praasError('PORT_TAKEN', { endpoint: key, by });
    }
  }
  const claim = portInUseAt(router?.portsInUse ?? [], endpoint);
  if (claim?.kind === 'rule') throw praasError('PORT_TAKEN', { endpoint: key, by: `an unmanaged rule: ${claim.text}` });
  if (force) return;
  if (claim !== undefined) {
    throw praasError('PORT_RESERVED', { endpoint: key, by: `a process listens on ${claim.text}` });
  }
  if (settings.reserved_ports.includes(endpoint.router_port)) {
    throw praasError('PORT_RESERVED', {
      endpoint: key,
      by: 'reserved for services of the router (reserved_ports in praas.conf)',
    });
  }
}
