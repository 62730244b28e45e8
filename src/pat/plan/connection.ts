/** Connections of a router's connection table. */
import type { Protocol } from '../mapping/mapping.ts';

/** One entry of the connection table: as the caller sees it (source, destination) and who really answers. */
export interface Flow {
  readonly protocol: Protocol;
  readonly source_ip: string;
  readonly source_port: number;
  readonly destination_ip: string;
  readonly destination_port: number;
  readonly replying_ip: string;
  readonly replying_port: number;
  /** The kernel's word for a TCP connection, such as ESTABLISHED. */
  readonly state?: string;
}

/** One connection through a mapping, as the kernel's connection table has it. */
export interface Connection {
  readonly protocol: string;
  readonly source_ip: string;
  readonly source_port: number;
  readonly server_ip: string;
  readonly server_port: number;
  /** The kernel's word, such as ESTABLISHED; null for UDP. */
  readonly state: string | null;
}
