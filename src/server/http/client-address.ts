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
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const [before, after] = [head, tail ?? ''].map((groups) => (groups === '' ? [] : groups.split(':')));
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groupCount(before) - groupCount(after));
  const groups = [...(before ?? []), ...Array<string>(zeros).fill('0'), ...(after ?? [])];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** A dotted IPv4 address at the end of an IPv6 address counts as two groups. */
function groupCount(groups: readonly string[] = []): number {
  return groups.length + (groups.at(-1)?.includes('.') === true ? 1 : 0);
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
