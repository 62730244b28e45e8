/** Why an HTTP request got no response, by the error codes of Node and OpenSSL. */
import { errnoText } from '../../core/errors/errno-text.ts';

const BROKEN = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];
/** Codes of Node's HTTP parser. */
const NOT_HTTP = /^HPE_/;

export const CONNECTION_CLOSED = 'the connection was closed before the response';

/** Gives the code of an error of Node; empty where it has none. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

/** True when an established connection was closed: the server may have acted, and may be back in a moment. */
export function isBroken(error: unknown): boolean {
  return BROKEN.includes(codeOf(error));
}

/** True when the response is not HTTP. */
export function isNotHttp(error: unknown): boolean {
  return NOT_HTTP.test(codeOf(error));
}

const UNTRUSTED = 'the certificate is not signed by a trusted authority';
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'the socket does not exist',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'temporary failure in name resolution',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
};

/** True when the server's certificate is not trusted; a CA file may help. */
export function isUntrusted(error: unknown): boolean {
  return REASONS[codeOf(error)] === UNTRUSTED;
}

/** Gives the reason for which there is no response. */
export function failureReason(error: unknown): string {
  if (isBroken(error)) return CONNECTION_CLOSED;
  const code = codeOf(error);
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return 'no TLS on this port; use http://';
  return errnoText(error);
}
