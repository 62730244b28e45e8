/**
 * IPv4 addresses and networks: text in, text out. Only dotted quads are accepted: the short, octal and hexadecimal forms that
 * C libraries accept name other hosts than they seem to.
 */

const ADDRESS = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const ALL_ONES = 0xffffffff;

/** A network: `first` and `last` are its lowest and highest address as unsigned 32-bit numbers. */
interface Network {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** True for four decimal numbers from 0 to 255 without leading zeros, joined by dots. */
export function isIpv4(text: string): boolean {
  return ADDRESS.test(text);
}

/** True for `address` or `address/prefix` with a prefix from 0 to 32; host bits may be set. */
export function isCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  return isIpv4(address) && rest.length === 0 && (prefix === undefined || /^(?:[12]?\d|3[0-2])$/.test(prefix));
}

/** Takes a valid address or CIDR, gives it with host bits cleared and the prefix always written: `10.0.0.7/24` → `10.0.0.0/24`. */
export function canonicalCidr(text: string): string {
  const network = networkOf(text);
  return `${addressText(network.first)}/${network.prefix}`;
}

/** Takes valid CIDRs, gives an equivalent list: each canonical, sorted, none inside another. */
export function canonicalCidrs(texts: readonly string[]): string[] {
  const kept: Network[] = [];
  for (const network of sortedNetworks(texts)) {
    const previous = kept.at(-1);
    if (previous === undefined || network.first > previous.last) kept.push(network);
  }
  return kept.map((network) => `${addressText(network.first)}/${network.prefix}`);
}

/** True when the valid `address` lies in the valid `cidr`. */
export function cidrContains(cidr: string, address: string): boolean {
  const network = networkOf(cidr);
  const value = addressValue(address);
  return value >= network.first && value <= network.last;
}

/** True when the valid `cidrs` together contain all addresses of the valid `cidr`. */
export function isCovered(cidr: string, cidrs: readonly string[]): boolean {
  const { first, last } = networkOf(cidr);
  let next = first;
  for (const network of sortedNetworks(cidrs)) if (network.first <= next) next = Math.max(next, network.last + 1);
  return next > last;
}

/** Gives the length of the prefix of a valid address or CIDR. */
export function prefixLengthOf(cidr: string): number {
  return networkOf(cidr).prefix;
}

/** True for the network address and the broadcast address of a network with a prefix of at most 30: they belong to no host. */
export function isEdgeOf(cidr: string, address: string): boolean {
  const { first, last, prefix } = networkOf(cidr);
  const value = addressValue(address);
  return prefix <= 30 && (value === first || value === last);
}

/** Sorts addresses by number, not by text: 10.0.0.9 before 10.0.0.10. */
export function compareIpv4(a: string, b: string): number {
  return addressValue(a) - addressValue(b);
}

/** Gives the smallest network with all addresses from `first` to `last`, unsigned 32-bit numbers. */
export function coveringCidr(first: number, last: number): string {
  const prefix = Math.clz32((first ^ last) >>> 0);
  return canonicalCidr(`${addressText(first)}/${prefix}`);
}

function sortedNetworks(texts: readonly string[]): Network[] {
  return texts.map(networkOf).toSorted((a, b) => a.first - b.first || a.prefix - b.prefix);
}

function networkOf(text: string): Network {
  const [address = '', prefixText = '32'] = text.split('/');
  const prefix = Number(prefixText);
  const mask = prefix === 0 ? 0 : (ALL_ONES << (32 - prefix)) >>> 0;
  const first = (addressValue(address) & mask) >>> 0;
  return { first, last: first + (ALL_ONES - mask), prefix };
}

function addressValue(text: string): number {
  return text.split('.').reduce((value, byte) => value * 256 + Number(byte), 0);
}

function addressText(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}
