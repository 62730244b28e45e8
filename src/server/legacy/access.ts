/**
 * Access to the legacy API. Its requests have no token, so only their origin can decide: this node itself, root's Unix socket,
 * and the addresses that the operator allows. Headers never grant access, because any client can send them. They only take
 * it away: behind a trusted proxy the address of the client has to be allowed as well as that of the proxy.
 *
 * A web page in a browser on this node comes from loopback too, and has to be refused:
 * - It can send a form to any address (CSRF). Browsers then send Origin or Sec-Fetch-Site, which pages cannot suppress.
 * - It can resolve its own name to 127.0.0.1 (DNS rebinding) and is then of the same origin. Its name stays in Host.
 * The Proxy CLI is not a browser: it sends neither header, and its Host is the address that it was configured with.
 */
import { isIP } from 'node:net';
import type { Request } from 'express';
import { praasError } from '../../core/errors/errors.ts';
import { cidrContains, isIpv4 } from '../../core/values/ipv4.ts';
import { peerAddress } from '../http/client-address.ts';

const HOST = /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^:]*))(?::\d*)?$/;
const LOOPBACK = '127.0.0.0/8';
const WHAT = 'use the legacy API';

export interface LegacyAccess {
  /** IPv4 addresses and networks. Called for each request, because a reload may change the list. */
  readonly allowed: () => readonly string[];
  /** The address of the client, which differs from that of the connection behind a trusted proxy. */
  readonly addressOf: (request: Request) => string | undefined;
  /** Names of this node, besides its addresses and localhost. */
  readonly nodeNames: readonly string[];
}

/** Throws FORBIDDEN. */
export function authorize(request: Request, { allowed, addressOf, nodeNames }: LegacyAccess): void {
  for (const address of [peerAddress(request), addressOf(request)]) {
    if (address === undefined) throw forbidden('a client without an address', WHAT);
    if (!isAllowed(address, allowed())) throw forbidden(address, `${WHAT}: not in legacy_api_allow (praas.conf)`);
  }
  if (request.get('Origin') !== undefined || request.get('Sec-Fetch-Site') !== undefined) {
    throw forbidden('a web page', WHAT);
  }
  if (!isThisNode(request.get('Host'), nodeNames)) {
    throw forbidden('a request for another host', `${WHAT}: Host has to be an address or a name of this node`);
  }
}

function forbidden(who: string, what: string): Error {
  return praasError('FORBIDDEN', { who, what });
}

/** Loopback of IPv6 is one address. The list has no other IPv6 addresses. */
function isAllowed(address: string, allowed: readonly string[]): boolean {
  if (address === 'socket' || address === '::1') return true;
  return isIpv4(address) && [LOOPBACK, ...allowed].some((cidr) => cidrContains(cidr, address));
}

/** A request without Host is HTTP/1.0, which no browser sends. */
function isThisNode(host: string | undefined, nodeNames: readonly string[]): boolean {
  if (host === undefined) return true;
  const { bracketed, plain } = HOST.exec(host)?.groups ?? {};
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const name = plain?.toLowerCase() ?? '';
  return isIP(name) === 4 || name === 'localhost' || nodeNames.some((own) => own.toLowerCase() === name);
}
