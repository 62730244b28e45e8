/**
 * The messages between a peer and its controller: one JSON object per line. The peer begins with `{name}`, the sign that it is
 * ready; then each request carries an id and gets one response with that id, in any order.
 */

/** What a peer serves. By default it answers `<name> sees <address>:<port>` to connections, lines and datagrams. */
export interface PeerService {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** The line with which a TCP connection is greeted instead, as ssh does. */
  readonly banner?: string;
  /** Serves HTTP: `<name> says hello to <address>`. */
  readonly isHttp?: boolean;
}

/** Where a peer connects to. */
export interface Destination {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly sourceIp?: string;
  readonly sourcePort?: number;
  /** The time limit for the first line of the server. */
  readonly timeoutMs: number;
}

export type PeerRequest =
  | { readonly listen: PeerService }
  | { readonly unlisten: Pick<PeerService, 'protocol' | 'port'> }
  | { readonly connect: Destination }
  | { readonly open: Destination }
  | { readonly send: { readonly connection: number; readonly text: string; readonly timeoutMs: number } }
  | { readonly close: { readonly connection: number } };

/** What a server has sent: `<name> sees <address>` with the source port beside it, or any other line as it is. */
export interface ServerReply {
  readonly reply: string;
  readonly seenPort?: number;
}

/** refused, reset, closed, timeout, unreachable, or the error code of the system in small letters. */
export interface ConnectionError {
  readonly error: string;
}

export type ConnectionResult = ServerReply | ConnectionError;

/** The request is done, and has no other result. */
interface Acknowledgement {
  readonly done: true;
}

/** The response to a request, with the number of the connection that the peer holds now. */
export type PeerResponse = (ConnectionResult | Acknowledgement) & { readonly connection?: number };

/** Everything that a peer sends: its name first, then responses. */
export type PeerMessage = { readonly name: string } | ({ readonly id: number } & PeerResponse);

const SEES = /^(?<reply>.+ sees .+):(?<port>\d+)$/;

const ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'closed',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

/** Takes a line that a server has sent. */
export function parseReply(line: string): ServerReply {
  const { reply, port } = SEES.exec(line)?.groups ?? {};
  return reply === undefined ? { reply: line } : { reply, seenPort: Number(port) };
}

/** Takes an error of a socket. */
export function connectionErrorOf(error: unknown): ConnectionError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
  return { error: ERRORS[code] ?? code.toLowerCase() };
}
