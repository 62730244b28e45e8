/** Responses that no API sends: redirects, and what a TLS port does with plain HTTP. */
import { printable } from '../../core/values/printable.ts';
import type { HttpResponse } from './exchange.ts';

const BAD_REQUEST = 400;

/** Gives where the response redirects to, as a reason; undefined for any other response. */
export function redirectReason({
  status,
  headers: { location },
}: Pick<HttpResponse, 'status' | 'headers'>): string | undefined {
  if (status < 300 || status >= 400 || location === undefined) return undefined;
  return `HTTP ${status} redirects to ${printable(location)}`;
}

/** True for a page with which servers refuse plain HTTP on a TLS port, and for a few others: an API answers in JSON. */
export function mayRefusePlainHttp({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>): boolean {
  return status === BAD_REQUEST && !headers['content-type']?.includes('json');
}

/** Gives the reason for which plain HTTP fails at that URL when its port speaks TLS, else undefined. Connects to the port. */
export async function tlsPortReason(url: URL): Promise<string | undefined> {
  if (url.protocol !== 'http:') return undefined;
  const { isTlsPort } = await import('./tls-port.ts');
  return (await isTlsPort(url)) ? 'this port speaks TLS: use https://' : undefined;
}
