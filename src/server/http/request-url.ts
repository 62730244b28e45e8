/** The URL of a request, as the client wrote it. Pure. */
import type { Request } from 'express';

/** The URL of this API as the client uses it. A Host header that is not a host is replaced by localhost. */
export function baseUrlOf(request: Request): string {
  const url = `${request.protocol}://${request.get('Host') ?? ''}`;
  return URL.canParse(url) ? new URL(url).origin : `${request.protocol}://localhost`;
}

/** The path and query of a request, also for a request line with a whole URL (RFC 9112, 3.2.2). */
export function pathAndQueryOf({ path, originalUrl }: Request): string {
  const query = originalUrl.indexOf('?');
  return query < 0 ? path : path + originalUrl.slice(query);
}
