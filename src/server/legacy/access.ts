/**
 * Who may use the old API. It asks for no token, so where a request comes from is all there is to go by: this node itself,
 * root's Unix socket, and the addresses that the operator lists. Headers grant nothing: X-Forwarded-For and its kind are
 * written by whoever sends them. They can only take away.
 *
 * A web page that is open in a browser on this node comes from loopback too, and must get nothing:
 * - It can send a form anywhere (CSRF). Browsers then say so in Origin or Sec-Fetch-Site, which pages cannot take out.
 * - It can let its own name lead to 127.0.0.1 (DNS rebinding) and is then of the same origin. Its name stays in Host.
 * The Proxy CLI is no browser: it sends neither, and its Host is the address that it was given.
 */
import { isIP } from 'node:net';
import type { Request } from 'express';
import { praasError } from '../../core/errors/errors.ts';
import { cidrContains, isIpv4 } from '../../core/values/ipv4.ts';
import { callerOf } from '../http/caller.ts';

const HOST = /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^:]*))(?::\d*)?$/;
const LOOPBACK = '127.0.0.0/8';

export interface LegacyAccess {
  /** IPv4 addresses and networks. Asked at each request: the list may change while the daemon runs. */
  readonly allowed: () => readonly string[];
  /** What this node is called, besides its addresses and localhost. */
  readonly nodeNames: readonly string[];
}

/** Throws FORBIDDEN, with the reason. */
export function authorize(request: Request, { allowed, nodeNames }: LegacyAccess): void {
  const address = callerOf(request);
  if (address === undefined || !mayCome(address, allowed())) {
    const what = 'use the old API without a token: legacy_api_allow in praas.conf lists the addresses that may';
    throw praasError('FORBIDDEN', { who: address ?? 'a caller without an address', what });
  }
  if (request.get('Origin') !== undefined || request.get('Sec-Fetch-Site') !== undefined) {
    throw praasError('FORBIDDEN', { who: 'a web page', what: 'use the old API' });
  }
  if (!isOurs(request.get('Host'), nodeNames)) {
    const what = 'use the old API: call this node by its address or its own name';
    throw praasError('FORBIDDEN', { who: 'a request for another host', what });
  }
}

/** Loopback of IPv6 is one address; other IPv6 callers have no list. */
function mayCome(address: string, allowed: readonly string[]): boolean {
  if (address === 'socket' || address === '::1') return true;
  return isIpv4(address) && [LOOPBACK, ...allowed].some((cidr) => cidrContains(cidr, address));
}

/** A request without Host is HTTP/1.0, which no browser speaks. */
function isOurs(host: string | undefined, nodeNames: readonly string[]): boolean {
  if (host === undefined) return true;
  const { bracketed, plain } = HOST.exec(host)?.groups ?? {};
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const name = plain?.toLowerCase() ?? '';
  return isIP(name) === 4 || name === 'localhost' || nodeNames.some((ours) => ours.toLowerCase() === name);
}
