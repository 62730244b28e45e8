/** Tries connections from where a router is. */
/** Tries a TCP connection from where the router is. */
export interface Prober {
  /** Throws as Dataplane.facts does. */
  connect(router_id: string, server_ip: string, server_port: number): Promise<Reached>;
}

/** What a TCP connection from the router to the server came to. */
export type Reached = 'open' | 'refused' | 'timeout' | 'unreachable';
