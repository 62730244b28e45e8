/**
 * Why a mapping is not ACTIVE, and why the monitor corrects one: a code with facts, on which programs decide. The sentence
 * that people read is made last. Pure.
 */
import * as z from 'zod';

type Kind = 'text' | 'list';
type FactsOf<K extends Readonly<Record<string, Kind>>> = {
  readonly [name in keyof K]: K[name] extends 'list' ? readonly string[] : string;
};

interface Entry<K extends Readonly<Record<string, Kind>>> {
  readonly facts: K;
  readonly text: (facts: FactsOf<K>) => string;
}

const entry = <const K extends Readonly<Record<string, Kind>>>(facts: K, text: Entry<K>['text']): Entry<K> => ({
  facts,
  text,
});

const REASONS = {
  DISABLED: entry({}, () => 'disabled'),
  EXPIRED: entry({ expires_at: 'text' }, (f) => `expired at ${f.expires_at}`),
  ROUTER_ABSENT: entry({}, () => 'the router is not on this node'),
  ROUTER_DISABLED: entry({ router: 'text' }, (f) => `router ${f.router} is disabled (admin_state_up is false)`),
  ROUTER_STANDBY: entry({}, () => 'standby HA instance: the gateway address is on another node'),
  NO_GATEWAY_ADDRESS: entry({}, () => 'the router has no gateway address'),
  NO_EXTERNAL_GATEWAY: entry({ router: 'text' }, (f) => `router ${f.router} has no external gateway`),
  GATEWAY_ADDRESS_GONE: entry(
    { gateway_ip: 'text', gateway_ips: 'list' },
    (f) => `${f.gateway_ip} is not an address of the router; its gateway addresses: ${f.gateway_ips.join(', ')}`,
  ),

  ROUTER_DELETED: entry({ router: 'text' }, (f) => `router ${f.router} was deleted`),
  PROJECT_DELETED: entry({ project: 'text' }, (f) => `project ${f.project} was deleted`),
  PORT_DELETED: entry({ port: 'text' }, (f) => `port ${f.port} was deleted`),
  SERVER_DELETED: entry({ server: 'text' }, (f) => `server ${f.server} was deleted`),
  PORT_FOUND: entry({ port: 'text' }, (f) => `port ${f.port} has the address of the mapping`),
  PORT_REPLACED: entry(
    { port: 'text', server: 'text', new_port: 'text' },
    (f) => `port ${f.port} of server ${f.server} was deleted; the server has a new port, ${f.new_port}`,
  ),
  PORT_NOT_REPLACED: entry(
    { port: 'text', server: 'text' },
    (f) =>
      `port ${f.port} of server ${f.server} was deleted, and the server has no other port on a network of the router`,
  ),
  PORT_AMBIGUOUS: entry(
    { port: 'text', server: 'text', addresses: 'list' },
    (f) =>
      `port ${f.port} of server ${f.server} was deleted, and the server has several others: ${f.addresses.join(', ')}`,
  ),
  PORT_MOVED: entry({ port: 'text', server: 'text' }, (f) => `port ${f.port} belongs to server ${f.server} now`),
  PORT_DETACHED: entry({ port: 'text' }, (f) => `port ${f.port} is not attached to a server`),
  PORT_WITHOUT_ADDRESS: entry({ port: 'text' }, (f) => `port ${f.port} has no IPv4 address`),
  SUBNET_DETACHED: entry(
    { router: 'text', addresses: 'list' },
    (f) => `router ${f.router} has no interface on the subnet of ${f.addresses.join(', ')}`,
  ),
  ADDRESS_CHANGED: entry({ port: 'text' }, (f) => `the address of port ${f.port} changed`),
  ADDRESS_AMBIGUOUS: entry(
    { port: 'text', addresses: 'list' },
    (f) => `the address of port ${f.port} was removed, and the port has several others: ${f.addresses.join(', ')}`,
  ),
  PORT_DISABLED: entry({ port: 'text' }, (f) => `port ${f.port} is disabled (admin_state_up is false)`),
  PORT_DOWN: entry({ port: 'text', host: 'text' }, (f) => `port ${f.port} is DOWN on host ${f.host}`),
  SERVER_STOPPED: entry({ server: 'text', status: 'text' }, (f) => `server ${f.server} is ${f.status}`),
  /** Of a record that an older praas wrote: only its sentence is known, until the next sweep. */
  SUSPENDED: entry({ reason: 'text' }, (f) => f.reason),
};

type Catalogue = typeof REASONS;
export type ReasonCode = keyof Catalogue;
type FactsFor<C extends ReasonCode> = FactsOf<Catalogue[C]['facts']>;

export const REASON_CODES = Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]];

const Shape = z.strictObject({
  code: z.enum(REASON_CODES),
  facts: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
});
export type Reason = Readonly<z.infer<typeof Shape>>;

/** As it is stored and sent: with the facts that belong to its code. */
export const Reason = Shape.refine(hasItsFacts, 'the facts of this code');

/** Takes a code and the facts that its sentence names. */
export function reason<C extends ReasonCode>(
  code: C,
  ...[facts]: keyof FactsFor<C> extends never ? [] : [facts: FactsFor<C>]
): Reason {
  return { code, facts: { ...facts } as Reason['facts'] };
}

/** The sentence for people, without a full stop. */
export function reasonText({ code, facts }: Reason): string {
  return (REASONS[code].text as (facts: Reason['facts']) => string)(facts);
}

/** True when both say the same to people and to programs. */
export function isSameReason(one: Reason, other: Reason): boolean {
  return one.code === other.code && reasonText(one) === reasonText(other);
}

function hasItsFacts({ code, facts }: Reason): boolean {
  const kinds: Readonly<Record<string, Kind>> = REASONS[code].facts;
  const names = Object.keys(kinds);
  return (
    Object.keys(facts).length === names.length &&
    names.every((name) => Array.isArray(facts[name]) === (kinds[name] === 'list') && facts[name] !== undefined)
  );
}
