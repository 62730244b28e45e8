/** The address of a daemon, and what authenticates requests to it. */
export type DaemonAddress = SocketAddress | UrlAddress;

/** A Unix socket on this node. Only root may open it. */
interface SocketAddress {
  readonly kind: 'socket';
  readonly path: string;
}

interface UrlAddress {
  readonly kind: 'url';
  /** http:// or https://, without a trailing slash. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Certificates of the authorities to trust instead of Node's own, as PEM. */
  readonly ca?: string | undefined;
}

/** Gives the address as users write it. */
export function addressText(address: DaemonAddress): string {
  return address.kind === 'socket' ? address.path : address.url;
}
