/** Responses that no API sends: redirects, and what a TLS port does with plain HTTP. */
import { printable } from '../../core/values/printable.ts';
import type { HttpResponse } from './exchange.ts';
import { isBroken } from './failure.ts';

const BAD_REQUEST = 400;
/** The first byte of a TLS alert (RFC 8446, 5.1). */
const TLS_ALERT = 0x15;

/** Gives where the response redirects to, as a reason; undefined for any other response. */
export function redirectReason({
  status,
  headers: { location },
}: Pick<HttpResponse, 'status' | 'headers'>): string | undefined {
  if (status < 300 || status >= 400 || location === undefined) return undefined;
  return `HTTP ${status} redirects to ${printable(location)}`;
}

/**
 * Gives the reason when plain HTTP to that URL failed because its port speaks TLS, else undefined. Takes what the exchange gave: a
 * response, or the cause of its failure. Where these leave it open, it connects to the port.
 */
export async function tlsPortReason(url: URL, outcome: unknown): Promise<string | undefined> {
  if (url.protocol !== 'http:') return undefined;
  const isTls = isTlsAlert(outcome) || (mayBeTls(outcome) && (await isTlsPort(url)));
  return isTls ? 'this port speaks TLS: use https://' : undefined;
}

/** Servers close the connection, or send a page with status 400; an API describes its errors in JSON. */
function mayBeTls(outcome: unknown): boolean {
  const { status, headers } = outcome as Partial<HttpResponse>;
  return isBroken(outcome) || (status === BAD_REQUEST && !headers?.['content-type']?.includes('json'));
}

/** Node's HTTP parser gives the bytes that it could not parse. */
function isTlsAlert(outcome: unknown): boolean {
  return (outcome as { readonly rawPacket?: Uint8Array }).rawPacket?.[0] === TLS_ALERT;
}

async function isTlsPort(url: URL): Promise<boolean> {
  // Loaded only here: node:tls takes longer to load than all the rest.
  const { connectsWithTls } = await import('./tls-port.ts');
  return connectsWithTls(url);
}
