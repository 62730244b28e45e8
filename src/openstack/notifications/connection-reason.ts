/** Why there is no connection to a message broker, in words. amqplib has no codes for the handshake, only messages. Pure. */
import { messageOf } from '../../core/errors/message-of.ts';
import type { Transport } from '../../core/settings/transport-url.ts';
import { codeOf, failureReason, isUntrusted } from '../../system/http/failure.ts';

/** What amqplib throws when the broker closes the connection in the step of the handshake that names the virtual host. */
const VHOST_REFUSED = /^Expected ConnectionOpenOk; got <ConnectionClose/;
/** What amqplib throws when the broker closes the connection in the step that authenticates. */
const LOGIN_REFUSED = /^Handshake terminated by server: (\d+ \([A-Z-]+\))/;
const CLOSED = 'Socket closed abruptly during opening handshake';

/** Takes what a connection failed with. Gives the reason, without credentials. */
export function connectionReason(error: unknown, { tls, vhost }: Transport): string {
  const message = messageOf(error);
  if (VHOST_REFUSED.test(message)) return `virtual host ${vhost} not found, or access to it refused`;
  const [, login] = LOGIN_REFUSED.exec(message) ?? [];
  if (login !== undefined) return `login refused: ${login}`;
  if (message === CLOSED) {
    const hint = tls === undefined ? '; a TLS port requires ssl=1' : '';
    return `the connection was closed during the handshake${hint}`;
  }
  if (isUntrusted(error)) return `${failureReason(error)} (${codeOf(error)}; set ssl_ca_file in the transport URL)`;
  return codeOf(error) === '' ? message : failureReason(error);
}
