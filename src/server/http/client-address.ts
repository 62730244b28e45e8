/** The address of the client of a request. */
import type { Request } from 'express';

/** The address at the other end of the connection, `socket` for the Unix socket; undefined when it is already closed. */
export function peerAddress(request: Request): string | undefined {
  const { remoteAddress } = request.socket;
  if (remoteAddress !== undefined) return withoutMapping(remoteAddress);
  return isFromUnixSocket(request) ? 'socket' : undefined;
}

/** A socket for IPv4 and IPv6 reports IPv4 addresses as `::ffff:192.0.2.7`. */
function withoutMapping(address: string): string {
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
