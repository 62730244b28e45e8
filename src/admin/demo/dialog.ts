/**
 * What a peer and its controller say to each other: one JSON object a line. The peer begins with `{name}`, the sign that
 * it is ready; then every request carries an id and gets one answer with that id, in any order.
 */

export type PeerProtocol = 'tcp' | 'udp';

/** What a peer serves. Without more it answers `<name> sees <address>:<port>` to connections, lines and datagrams. */
export interface Service {
  readonly protocol: PeerProtocol;
  readonly port: number;
  /** The line with which a TCP connection is greeted instead, as ssh does. */
  readonly banner?: string;
  /** Speaks HTTP: `<name> says hello to <address>`. */
  readonly http?: boolean;
}

export interface Target {
  readonly protocol: PeerProtocol;
  readonly address: string;
  readonly port: number;
  readonly source_ip?: string;
  readonly source_port?: number;
  /** How long to wait for the first words of the other side. */
  readonly timeoutMs: number;
}

export type Request =
  | { readonly listen: Service }
  | { readonly unlisten: Pick<Service, 'protocol' | 'port'> }
  | { readonly connect: Target }
  | { readonly open: Target }
  | { readonly send: { readonly connection: number; readonly text: string; readonly timeoutMs: number } }
  | { readonly close: { readonly connection: number } };

/** `<name> sees <address>` with the source port beside it, or any other line as it came. */
export interface Reply {
  readonly reply: string;
  readonly seenPort?: number;
}

/** refused, reset, closed, timeout, unreachable, or the system's own word in small letters. */
export interface Failure {
  readonly error: string;
}

export type Heard = Reply | Failure;

/** What was asked is done, and there was nothing to hear. */
export interface Done {
  readonly done: true;
}

/** What a peer answers, and the number of the connection that it holds now. */
export type Answer = (Heard | Done) & { readonly connection?: number };

/** Everything that a peer says: its name first, then answers. */
export type Said = { readonly name: string } | ({ readonly id: number } & Answer);

const SEES = /^(?<reply>.+ sees .+):(?<port>\d+)$/;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'closed',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

/** Takes a line that a server said. */
export function replyOf(line: string): Reply {
  const { reply, port } = SEES.exec(line)?.groups ?? {};
  return reply === undefined ? { reply: line } : { reply, seenPort: Number(port) };
}

/** Takes an error of a socket. */
export function failureOf(error: unknown): Failure {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
  return { error: WORDS[code] ?? code.toLowerCase() };
}
