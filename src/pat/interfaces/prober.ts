/** Tests TCP connections from inside the namespace of a router. */
export interface Prober {
  /** Throws as Dataplane.facts does. */
  connect(routerId: string, serverIp: string, serverPort: number): Promise<ProbeResult>;
}

/** The result of a TCP connection from the router to the server. */
export type ProbeResult = 'open' | 'refused' | 'timeout' | 'unreachable';
