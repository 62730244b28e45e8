/**
 * Parses the URL of a message broker as OpenStack's services write it (oslo.messaging, TransportURL):
 * rabbit://user:password@host:port,user:password@host:port/virtual_host?ssl=1&ssl_ca_file=/path. Pure.
 */
export interface Broker {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

export interface Transport {
  /** At least one; they are tried in turn. */
  readonly brokers: readonly Broker[];
  readonly vhost: string;
  readonly isTls: boolean;
  readonly caFile: string | undefined;
}

const URL_PARTS = /^rabbit:\/\/([^/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const BROKER = /^(?:([^:@]*)(?::([^@]*))?@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;
const PLAIN_PORT = 5672;
const TLS_PORT = 5671;
const YES = ['1', 'true', 'yes'];
const OPTIONS = ['ssl', 'ssl_ca_file', 'heartbeat'];

/** Gives undefined for text that is not such a URL. */
export function parseTransport(text: string): Transport | undefined {
  const [, authority, path = '', query = ''] = URL_PARTS.exec(text) ?? [];
  if (authority === undefined) return undefined;
  const options = new URLSearchParams(query);
  if ([...options.keys()].some((name) => !OPTIONS.includes(name))) return undefined;
  const isTls = YES.includes((options.get('ssl') ?? '').toLowerCase());
  const brokers = authority.split(',').map((part) => parseBroker(part, isTls));
  const vhost = decode(path);
  if (vhost === undefined || brokers.some((broker) => broker === undefined)) return undefined;
  return {
    brokers: brokers.filter((broker) => broker !== undefined),
    vhost: vhost === '' ? '/' : vhost,
    isTls,
    caFile: options.get('ssl_ca_file') ?? undefined,
  };
}

function parseBroker(text: string, isTls: boolean): Broker | undefined {
  const [match, user = 'guest', secret = 'guest', host = '', portText] = BROKER.exec(text) ?? [];
  const username = decode(user);
  const password = decode(secret);
  const port = portText === undefined ? (isTls ? TLS_PORT : PLAIN_PORT) : Number(portText);
  if (match === undefined || username === undefined || password === undefined || port < 1 || port > 65535)
    return undefined;
  return { hostname: host.replaceAll(/^\[|\]$/g, ''), port, username, password };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
