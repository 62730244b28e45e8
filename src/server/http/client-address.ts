/**
 * The address of the client of a request. It is the address of the connection, unless that belongs to a trusted proxy: then
 * the proxy's X-Forwarded-For is read from its end, where each proxy appends the address that it saw, up to the first
 * address that is not a trusted proxy. A client that is not behind a trusted proxy gains nothing by sending the header.
 */
import { BlockList, isIP } from 'node:net';
import type { Request } from 'express';

/** IPv4 and IPv6 addresses and networks, such as `192.0.2.7` or `2001:db8::/32`. */
export type Networks = readonly string[];

/** The address of the client, `socket` for a client of the Unix socket; undefined when the connection is already closed. */
export function clientAddress(request: Request, trustedProxies: Networks): string | undefined {
  const peer = peerAddress(request);
  const forwarded = request.get('X-Forwarded-For');
  if (peer === undefined || peer === 'socket' || forwarded === undefined || trustedProxies.length === 0) return peer;
  const trusted = blockListOf(trustedProxies);
  const hops = forwarded.split(',').map((hop) => withoutIpv6Prefix(hop.trim()));
  let client = peer;
  while (isTrusted(trusted, client)) {
    const next = hops.pop();
    // A proxy that appends something else than an address is taken for the client.
    if (next === undefined || isIP(next) === 0) return client;
    client = next;
  }
  return client;
}

/** The address at the other end of the connection, `socket` for the Unix socket; undefined when it is already closed. */
export function peerAddress(request: Request): string | undefined {
  const { remoteAddress } = request.socket;
  if (remoteAddress !== undefined) return withoutIpv6Prefix(remoteAddress);
  return isFromUnixSocket(request) ? 'socket' : undefined;
}

/** An address as a key for limits: an IPv6 host has a whole /64, so its addresses share one key. */
export function limitKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const groups = ipv6Groups(address);
  const isIpv4 = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isIpv4)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address, whichever of its forms it has (RFC 4291, 2.2). */
function ipv6Groups(address: string): number[] {
  const [withoutZone = ''] = address.split('%');
  const [before = [], after] = withoutZone
    .split('::')
    .map((part) => part.split(':').filter(Boolean).flatMap(numbersOf));
  if (after === undefined) return before;
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** A dotted IPv4 address at the end counts as two groups. */
function numbersOf(group: string): number[] {
  if (!group.includes('.')) return [Number.parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** True for the address of a proxy that names its clients. */
export function isTrustedProxy(address: string, trustedProxies: Networks): boolean {
  return trustedProxies.length > 0 && isTrusted(blockListOf(trustedProxies), withoutIpv6Prefix(address));
}

function blockListOf(networks: Networks): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function isTrusted(trusted: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** A socket for IPv4 and IPv6 reports IPv4 addresses as `::ffff:192.0.2.7`. */
function withoutIpv6Prefix(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/**
 * A missing address is no proof of the Unix socket: a TCP connection that the client has reset has none either, and its
 * request is still handled. The server of the connection knows what it listens on, and a Unix socket is a path.
 */
function isFromUnixSocket({ socket }: Request): boolean {
  const { server } = socket as typeof socket & { readonly server?: { address(): unknown } };
  return typeof server?.address() === 'string';
}
