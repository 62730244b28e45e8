/** Tries a TLS handshake with a port. A file of its own, so that node:tls is loaded only where it is needed. */
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { codeOf } from './failure.ts';

const TIMEOUT_MS = 2000;

/** True when the server at that http:// URL speaks TLS. Sends only the handshake. */
export function connectsWithTls({ hostname, port }: URL): Promise<boolean> {
  const host = hostname.replaceAll(/^\[|\]$/g, '');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({
    host,
    port: Number(port || 80),
    // TLS has server names for hosts only, not for addresses (RFC 6066, 3).
    ...(isIP(host) === 0 && { servername: host }),
    // No secret is sent, so the certificate does not matter.
    rejectUnauthorized: false,
  });
  const timer = setTimeout(() => resolve(false), TIMEOUT_MS);
  socket.once('secureConnect', () => resolve(true));
  // An alert is TLS, too, for example from a server that supports other versions only.
  socket.once('error', (error) => resolve(codeOf(error).includes('_ALERT_')));
  socket.once('close', () => resolve(false));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}
