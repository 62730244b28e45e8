/**
 * Conditions of nft rules → the packets to which they may apply, by protocol, destination address and destination port. What is
 * not understood does not narrow them: a port that is refused in vain is better than two destinations for one port. Pure.
 */
import { coveringCidr, isCovered } from '../../core/values/ipv4.ts';
import type { Match } from '../filter.ts';
import type { SeenPacket } from '../passage.ts';
import { type Expression, field, type NftTable, plainElement, setElements } from './ruleset.ts';

/** From the first to the last number; addresses are unsigned 32-bit numbers. */
export type Interval = readonly [number, number];

/** Packets that have one value of each; undefined: any. */
export interface Packets {
  readonly protocols?: readonly string[];
  readonly addresses?: readonly Interval[];
  readonly ports?: readonly Interval[];
}

/** Packets of any of these. */
export type PacketSet = readonly Packets[];

export const ANY_PACKET: PacketSet = [{}];
const NONE: PacketSet = [];

/** The end of a connection whose address and port are looked at. */
type End = SeenPacket['known'];
const FIELDS = {
  destination: { address: 'daddr', port: 'dport' },
  source: { address: 'saddr', port: 'sport' },
} as const;

type Field = 'protocol' | 'address' | 'port';
/** What a rule reads of a packet, and what it says of the packet by reading it. */
interface Subject {
  readonly field: Field | undefined;
  readonly implied: Packets;
}

const ANY_ADDRESS: Interval = [0, 0xffffffff];
/** Narrowing by one of two sets is also right, only less exact. */
const MAX_PRODUCT = 4096;
const PORT_PROTOCOLS = ['tcp', 'udp'];
const PROTOCOL_NUMBERS: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp' };
/** Headers and meta values of packets that are not IPv4. */
const OTHER_FAMILIES = ['ip6', 'icmpv6', 'arp', 'ipv6'];

/** Gives the packets to which a `match` statement applies; those of any other statement are all. */
export function packetsOfMatch(statement: Expression, table: NftTable): PacketSet {
  const match = field(statement, 'match') as { op: string; left: Expression; right: Expression } | undefined;
  if (match === undefined) return ANY_PACKET;
  const { op, left, right } = match;
  if (isOtherFamily(left, op, right)) return NONE;
  const subjects = subjectsOf(left);
  if (op !== '==' && op !== 'in') return narrowed(subjects, undefined);
  return narrowed(subjects, setElements(right, table) ?? (isNamed(right) ? undefined : [right]));
}

/** Whether a packet has one of the values of an expression. */
export function matchOfPacket({ left, values, packet }: PacketQuestion): Match {
  if (isOtherFamily(left, '==', values[0])) return 'no';
  const subjects = subjectsOf(left, packet.known);
  const matched = narrowed(subjects, values);
  const own: Packets = {
    protocols: [packet.protocol],
    addresses: [[addressNumber(packet.address) ?? 0, addressNumber(packet.address) ?? 0]],
    ports: [[packet.port, packet.port]],
  };
  const shared = intersection(matched, [own]);
  if (shared.length === 0 || isOfNoClient(left, values, packet)) return 'no';
  const names = { protocol: 'protocols', address: 'addresses', port: 'ports' } as const;
  const isExact = subjects.every(
    (subject) => subject.field && matched.every((each) => names[subject.field ?? 'port'] in each),
  );
  return isExact ? 'yes' : 'maybe';
}

/** True where the values are addresses of the other end, the client, and it has none of them. */
function isOfNoClient(left: Expression, values: readonly unknown[], { known, notClients }: SeenPacket): boolean {
  const [subject, ...more] = subjectsOf(left, known === 'source' ? 'destination' : 'source');
  if (subject?.field !== 'address' || more.length > 0) return false;
  const { addresses = [ANY_ADDRESS] } = valuesOf('address', values);
  return addresses.every(([first, last]) => isCovered(coveringCidr(first, last), notClients));
}

interface PacketQuestion {
  readonly left: Expression;
  readonly values: readonly unknown[];
  readonly packet: SeenPacket;
}

/** Gives, for each element of a map, the packets whose value is the key, and the element's own value. */
export function packetsOfMap(map: Expression, table: NftTable): readonly (readonly [PacketSet, unknown])[] | undefined {
  const { key, data } = map as { key: Expression; data: Expression };
  const elements = setElements(data, table) as readonly (readonly [unknown, unknown])[] | undefined;
  const subjects = subjectsOf(key);
  return elements?.map(([value, result]) => [narrowed(subjects, [value]), result]);
}

/** Gives the packets that are in both. */
export function intersection(one: PacketSet, other: PacketSet): PacketSet {
  if (one.length * other.length > MAX_PRODUCT) return one.length > other.length ? one : other;
  return one.flatMap((a) => other.flatMap((b) => both(a, b) ?? []));
}

function both(a: Packets, b: Packets): Packets | undefined {
  const protocols = overlap(a.protocols, b.protocols, (x, y) => x.filter((each) => y.includes(each)));
  const addresses = overlap(a.addresses, b.addresses, intervalsIn);
  const ports = overlap(a.ports, b.ports, intervalsIn);
  if ([protocols, addresses, ports].some((each) => each?.length === 0)) return undefined;
  return { ...(protocols && { protocols }), ...(addresses && { addresses }), ...(ports && { ports }) };
}

function overlap<T>(
  a: readonly T[] | undefined,
  b: readonly T[] | undefined,
  meet: (a: readonly T[], b: readonly T[]) => readonly T[],
): readonly T[] | undefined {
  return a && b ? meet(a, b) : (a ?? b);
}

function intervalsIn(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  if (a.length * b.length > MAX_PRODUCT) return [...a];
  return a.flatMap(([first, last]) =>
    b.flatMap(([from, to]): Interval[] => {
      const meet: Interval = [Math.max(first, from), Math.min(last, to)];
      return meet[0] <= meet[1] ? [meet] : [];
    }),
  );
}

function isNamed(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('@');
}

function isOtherFamily(left: Expression, op: string, right: Expression): boolean {
  const protocol = (field(left, 'payload') as { protocol?: string } | undefined)?.protocol;
  if (protocol !== undefined && OTHER_FAMILIES.includes(protocol)) return true;
  const key = (field(left, 'meta') as { key?: string } | undefined)?.key;
  return op === '==' && (key === 'nfproto' || key === 'protocol') && OTHER_FAMILIES.includes(String(right));
}

/** One subject, or those of a concatenation in their order. */
function subjectsOf(left: Expression, end: End = 'destination'): readonly Subject[] {
  const parts = (field(left, 'concat') as readonly Expression[] | undefined) ?? [left];
  return parts.map((part) => subjectOf(part, FIELDS[end]));
}

function subjectOf(left: Expression, { address, port }: (typeof FIELDS)[End]): Subject {
  const payload = field(left, 'payload') as { protocol?: string; field?: string } | undefined;
  if ((field(left, 'meta') as { key?: string } | undefined)?.key === 'l4proto')
    return { field: 'protocol', implied: {} };
  if (payload === undefined) return { field: undefined, implied: {} };
  const { protocol = '', field: name = '' } = payload;
  if (protocol === 'ip' && name === address) return { field: 'address', implied: {} };
  if (protocol === 'ip' && name === 'protocol') return { field: 'protocol', implied: {} };
  const isPort = name === port;
  if (protocol === 'th') return { field: isPort ? 'port' : undefined, implied: {} };
  if (PORT_PROTOCOLS.includes(protocol)) {
    return { field: isPort ? 'port' : undefined, implied: { protocols: [protocol] } };
  }
  // Of another transport protocol, such as sctp, no port can be published.
  return isPort ? { field: undefined, implied: { protocols: [] } } : { field: undefined, implied: {} };
}

/** The packets whose subjects have one of the values; with undefined, any value. */
function narrowed(subjects: readonly Subject[], values: readonly unknown[] | undefined): PacketSet {
  const implied = subjects.reduce<PacketSet>((set, subject) => intersection(set, [subject.implied]), ANY_PACKET);
  if (values === undefined) return implied;
  const [subject] = subjects;
  // Of one field, all values are in one entry.
  const alternatives =
    subjects.length === 1 && subject
      ? [valuesOf(subject.field, values)]
      : values.map((value) => tupleOf(subjects, value));
  return intersection(implied, alternatives);
}

function tupleOf(subjects: readonly Subject[], element: unknown): Packets {
  const parts = field(plainElement(element), 'concat') as readonly unknown[] | undefined;
  return Object.assign({}, ...subjects.map(({ field: name }, index) => (parts ? valuesOf(name, [parts[index]]) : {})));
}

function valuesOf(name: Field | undefined, values: readonly unknown[]): Packets {
  if (name === undefined) return {};
  if (name === 'protocol') {
    const protocols = values.map(plainElement).map((value) => PROTOCOL_NUMBERS[String(value)] ?? value);
    return protocols.every((each) => typeof each === 'string') ? { protocols } : {};
  }
  const number = name === 'port' ? portNumber : addressNumber;
  const intervals = values.map((value) => intervalOf(plainElement(value), number));
  if (!intervals.every((each) => each !== undefined)) return {};
  return name === 'port' ? { ports: intervals } : { addresses: intervals };
}

function intervalOf(value: unknown, number: (value: unknown) => number | undefined): Interval | undefined {
  const range = field(value, 'range') as readonly [unknown, unknown] | undefined;
  const prefix = field(value, 'prefix') as { addr: unknown; len: number } | undefined;
  const first = number(range?.[0] ?? prefix?.addr ?? value);
  if (first === undefined) return undefined;
  if (prefix) return [first, first + 2 ** (32 - prefix.len) - 1];
  const last = range ? number(range[1]) : first;
  return last === undefined ? undefined : [first, last];
}

function portNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function addressNumber(value: unknown): number | undefined {
  const parts = typeof value === 'string' ? value.split('.').map(Number) : [];
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
