/** Where a daemon is, and who asks there. */
export type DaemonAddress = SocketAddress | UrlAddress;

/** On this node. Whoever may open the socket is root. */
export interface SocketAddress {
  readonly kind: 'socket';
  readonly path: string;
}

export interface UrlAddress {
  readonly kind: 'url';
  /** http:// or https://, without a slash at its end. */
  readonly url: string;
  readonly token?: string | undefined;
  /** PEM of the authorities to trust instead of those that Node knows. */
  readonly ca?: string | undefined;
}

/** As people write it. */
export function addressText(address: DaemonAddress): string {
  return address.kind === 'socket' ? address.path : address.url;
}
