/** Where a request comes from. */
import type { Request } from 'express';

/** The caller's address, IPv4 where it is one; `socket` for root's Unix socket; undefined when nobody can tell any more. */
export function callerOf(request: Request): string | undefined {
  const { remoteAddress } = request.socket;
  if (remoteAddress !== undefined) return remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
  return cameByUnixSocket(request) ? 'socket' : undefined;
}

/**
 * Having no address is no proof: a TCP connection that the caller has reset meanwhile has none either, and its request is
 * handled all the same. The server that took it knows what it listens on: a path is a text.
 */
function cameByUnixSocket({ socket }: Request): boolean {
  const { server } = socket as typeof socket & { readonly server?: { address(): unknown } };
  return typeof server?.address() === 'string';
}
