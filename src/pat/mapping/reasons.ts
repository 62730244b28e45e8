/**
 * Why a mapping is not ACTIVE, and why the monitor corrects one: a code with facts, on which programs decide. The sentence
 * for people is made last. Pure.
 */
import * as z from 'zod';

type FactKind = 'text' | 'list';
type FactKinds = Readonly<Record<string, FactKind>>;
type FactsOfKinds<K extends FactKinds> = {
  readonly [name in keyof K]: K[name] extends 'list' ? readonly string[] : string;
};

interface ReasonEntry<K extends FactKinds> {
  readonly facts: K;
  readonly text: (facts: FactsOfKinds<K>) => string;
}

const define = <const K extends FactKinds>(facts: K, text: ReasonEntry<K>['text']): ReasonEntry<K> => ({ facts, text });

const REASONS = {
  DISABLED: define({}, () => 'disabled'),
  EXPIRED: define({ expires_at: 'text' }, (f) => `expired at ${f.expires_at}`),
  EXPIRY_PENDING: define(
    { expires_at: 'text' },
    (f) => `expired at ${f.expires_at}; the port stays open until the router is reconciled`,
  ),
  ROUTER_ABSENT: define({}, () => 'the router is not on this node'),
  ROUTER_DISABLED: define({ router: 'text' }, (f) => `router ${f.router} is disabled (admin_state_up is false)`),
  ROUTER_STANDBY: define({}, () => 'standby HA instance: the gateway address is on another node'),
  NO_GATEWAY_ADDRESS: define({}, () => 'the router has no gateway address'),
  NO_EXTERNAL_GATEWAY: define({ router: 'text' }, (f) => `router ${f.router} has no external gateway`),
  GATEWAY_ADDRESS_GONE: define(
    { gateway_ip: 'text', gateway_ips: 'list' },
    (f) => `${f.gateway_ip} is not an address of the router; its gateway addresses: ${f.gateway_ips.join(', ')}`,
  ),

  ROUTER_DELETED: define({ router: 'text' }, (f) => `router ${f.router} was deleted`),
  PROJECT_DELETED: define({ project: 'text' }, (f) => `project ${f.project} was deleted`),
  PORT_DELETED: define({ port: 'text' }, (f) => `port ${f.port} was deleted`),
  SERVER_DELETED: define({ server: 'text' }, (f) => `server ${f.server} was deleted`),
  PORT_FOUND: define({ port: 'text' }, (f) => `port ${f.port} has the address of the mapping`),
  PORT_REPLACED: define(
    { port: 'text', server: 'text', new_port: 'text' },
    (f) => `port ${f.port} of server ${f.server} was deleted; the server has a new port, ${f.new_port}`,
  ),
  PORT_NOT_REPLACED: define(
    { port: 'text', server: 'text' },
    (f) =>
      `port ${f.port} of server ${f.server} was deleted, and the server has no other port on a network of the router`,
  ),
  PORT_AMBIGUOUS: define(
    { port: 'text', server: 'text', addresses: 'list' },
    (f) =>
      `port ${f.port} of server ${f.server} was deleted, and the server has several other ports (addresses: ${f.addresses.join(', ')})`,
  ),
  PORT_MOVED: define({ port: 'text', server: 'text' }, (f) => `port ${f.port} belongs to server ${f.server} now`),
  PORT_DETACHED: define({ port: 'text' }, (f) => `port ${f.port} is not attached to a server`),
  PORT_WITHOUT_ADDRESS: define({ port: 'text' }, (f) => `port ${f.port} has no IPv4 address`),
  SUBNET_DETACHED: define(
    { router: 'text', addresses: 'list' },
    (f) => `router ${f.router} has no interface on the subnet of ${f.addresses.join(', ')}`,
  ),
  ADDRESS_CHANGED: define({ port: 'text' }, (f) => `the address of port ${f.port} changed`),
  ADDRESS_AMBIGUOUS: define(
    { port: 'text', addresses: 'list' },
    (f) =>
      `the address of port ${f.port} was removed, and the port has several other addresses: ${f.addresses.join(', ')}`,
  ),
  PORT_DISABLED: define({ port: 'text' }, (f) => `port ${f.port} is disabled (admin_state_up is false)`),
  PORT_DOWN: define({ port: 'text', host: 'text' }, (f) => `port ${f.port} is DOWN on host ${f.host}`),
  SERVER_STOPPED: define({ server: 'text', status: 'text' }, (f) => `server ${f.server} is ${f.status}`),
  /** Of events that stand for others. */
  EVENTS_OMITTED: define(
    {},
    () =>
      'the events of the project have used up its share of the day; this one and later ones are left out, ' +
      'but not those of created and deleted mappings',
  ),
  LIFECYCLE_EVENTS_OMITTED: define(
    {},
    () =>
      'the events of created and deleted mappings of the project have used up its share of the day; ' +
      'this one and later ones are left out',
  ),
  /** From a record of an older praas, which has only the sentence, until the next sweep. */
  SUSPENDED: define({ reason: 'text' }, (f) => f.reason),
};

type ReasonCatalogue = typeof REASONS;
/** The codes of this version. */
export type KnownCode = keyof ReasonCatalogue;
type ReasonFacts<C extends KnownCode> = FactsOfKinds<ReasonCatalogue[C]['facts']>;

export const REASON_CODES = Object.keys(REASONS) as [KnownCode, ...KnownCode[]];

/** Takes only codes of this version. The type is open, because a daemon of a newer version may send others. */
export const ReasonCode: z.ZodType<string> = z.enum(REASON_CODES);

const ReasonShape = z.strictObject({
  code: z.enum(REASON_CODES),
  facts: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
});
export type Reason = Readonly<Omit<z.infer<typeof ReasonShape>, 'code'>> & { readonly code: string };

/** As it is stored and sent, with exactly the facts of its code. */
export const Reason: z.ZodType<Reason> = ReasonShape.refine(hasFactsOfCode, 'the facts of this code');

/** Makes a reason from a code and its facts. */
export function reason<C extends KnownCode>(
  code: C,
  ...[facts]: keyof ReasonFacts<C> extends never ? [] : [facts: ReasonFacts<C>]
): Reason {
  return { code, facts: { ...facts } };
}

/** Gives the sentence for people, without a full stop; the code where this version does not know it. */
export function reasonText({ code, facts }: Reason): string {
  return isKnown(code) ? (REASONS[code].text as (facts: Reason['facts']) => string)(facts) : code;
}

function isKnown(code: string): code is KnownCode {
  return Object.hasOwn(REASONS, code);
}

/** True when both have the same code and the same facts. */
export function isSameReason(one: Reason, other: Reason): boolean {
  const names = Object.keys({ ...one.facts, ...other.facts });
  return one.code === other.code && names.every((name) => String(one.facts[name]) === String(other.facts[name]));
}

function hasFactsOfCode({ code, facts }: z.infer<typeof ReasonShape>): boolean {
  const kinds: FactKinds = REASONS[code].facts;
  const names = Object.keys(kinds);
  return (
    Object.keys(facts).length === names.length &&
    names.every((name) => Array.isArray(facts[name]) === (kinds[name] === 'list') && facts[name] !== undefined)
  );
}
