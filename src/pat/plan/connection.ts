/** Connections in the connection table (conntrack) of a router. */
import type { Protocol } from '../mapping/mapping.ts';

/** One entry: the original direction (source and destination as the client sees them) and the source of the replies. */
export interface Flow {
  readonly protocol: Protocol;
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly destinationIp: string;
  readonly destinationPort: number;
  readonly replyIp: string;
  readonly replyPort: number;
  /** The TCP state as the kernel names it, such as ESTABLISHED; undefined for UDP. */
  readonly state?: string;
}

/** A connection through a mapping, as the API shows it. */
export interface Connection {
  readonly protocol: string;
  readonly source_ip: string;
  readonly source_port: number;
  readonly server_ip: string;
  readonly server_port: number;
  /** The TCP state as the kernel names it, such as ESTABLISHED; null for UDP. */
  readonly state: string | null;
}
