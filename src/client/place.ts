/** Where a daemon is, and who asks there. */
export type Place = SocketPlace | UrlPlace;

/** On this node. Whoever may open the socket is root. */
export interface SocketPlace {
  readonly kind: 'socket';
  readonly path: string;
}

export interface UrlPlace {
  readonly kind: 'url';
  /** http:// or https://, without a slash at its end. */
  readonly url: string;
  readonly token?: string | undefined;
  /** PEM of the authorities to trust instead of those that Node knows. */
  readonly ca?: string | undefined;
}

/** As people write it. */
export function nameOf(place: Place): string {
  return place.kind === 'socket' ? place.path : place.url;
}
