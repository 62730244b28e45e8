/**
 * Parses the URL of a message broker as OpenStack's services write it (oslo.messaging, TransportURL):
 * rabbit://user:password@host:port,user:password@host:port/virtual_host?ssl=1&ssl_ca_file=/path. No message quotes a user, a password
 * or a host: where they end is exactly what a wrong URL leaves open. Pure.
 */
import { isIP } from 'node:net';
import { type ConnectionOptions, connectionOptions } from './transport-options.ts';

export interface Broker {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

export interface Transport extends ConnectionOptions {
  /** At least one; they are tried in turn. */
  readonly brokers: readonly Broker[];
  readonly vhost: string;
}

/** A URL that is none. `problem` says what is wrong with it, without a secret. */
interface Refusal {
  readonly problem: string;
}

/** The driver of oslo.messaging for RabbitMQ, by all of its names. */
const SCHEMES: readonly string[] = ['rabbit', 'kombu', 'kombu+rabbit', 'kombu+amqp'];
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const PARTS = /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/;
const PLACE = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/;
const HOST = /^[a-z0-9._-]+$/i;
const UNPRINTABLE = /[\s\p{C}\uFFFD]/u;
const PLAIN_PORT = 5672;
const TLS_PORT = 5671;
const MAX_PORT = 65535;
const ENCODE = 'in a user or password , / ? # must be %-encoded';

/** Takes the text of the URL. Gives what is wrong with it for one that oslo.messaging or this program cannot use. */
export function parseTransport(text: string): Transport | Refusal {
  const scheme = SCHEME.exec(text);
  if (scheme === null) return { problem: 'a value without rabbit:// at its start' };
  if (!SCHEMES.includes((scheme[1] ?? '').toLowerCase()))
    return { problem: `a URL of the driver ${scheme[1]}, which is not supported` };
  if (UNPRINTABLE.test(text)) return { problem: 'a URL with a space or a control character, which must be %-encoded' };
  if (text.includes('#')) return { problem: 'a URL with #, which must be written as %23' };
  const [, authority = '', path = '', query = ''] = PARTS.exec(text.slice(scheme[0].length)) ?? [];
  if (!authority.includes('@') && text.includes('@')) return { problem: `a URL with @ after / or ?; ${ENCODE}` };
  const options = connectionOptions(query);
  if ('problem' in options) return options;
  const brokers = parseBrokers(authority, options.tls === undefined ? PLAIN_PORT : TLS_PORT);
  if (!Array.isArray(brokers)) return brokers as Refusal;
  return { ...options, brokers: brokers as readonly Broker[], vhost: decode(path) || '/' };
}

/** A URL without a host means this one. */
function parseBrokers(authority: string, defaultPort: number): readonly Broker[] | Refusal {
  const parts = authority.split(',').filter((part) => part !== '');
  const brokers: Broker[] = [];
  for (const [index, part] of (parts.length > 0 ? parts : ['localhost']).entries()) {
    const broker = parseBroker(part, defaultPort);
    if (typeof broker === 'string') return { problem: `a URL in which ${broker} (broker ${index + 1})` };
    brokers.push(broker);
  }
  return brokers;
}

/** Gives what is wrong for a text that is no broker. */
function parseBroker(text: string, defaultPort: number): Broker | string {
  const end = text.lastIndexOf('@');
  const credentials = text.slice(0, Math.max(end, 0));
  const [match, host = '', portText = ''] = PLACE.exec(text.slice(end + 1)) ?? [];
  const hostname = host.replaceAll(/^\[|\]$/g, '') || 'localhost';
  const port = portText === '' ? defaultPort : Number(portText);
  if (match === undefined) return `the port is not a number; ${ENCODE}`;
  if (port < 1 || port > MAX_PORT) return `the port is not from 1 to ${MAX_PORT}`;
  if (host.startsWith('[') ? isIP(hostname) === 0 : !HOST.test(hostname))
    return `the host is neither a name nor an address; ${ENCODE}`;
  const colon = credentials.indexOf(':');
  const [user, secret] =
    colon < 0 ? [credentials, undefined] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
  return {
    hostname,
    port,
    username: end < 0 ? 'guest' : decode(user),
    password: secret === undefined ? 'guest' : decode(secret),
  };
}

/** As Python's unquote: what is not two hexadecimal digits after % stays as it is. */
function decode(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    const bytes = encoded.slice(1).split('%');
    return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)));
  });
}
