/**
 * The connections of a listener. One address may have so many, all addresses together so many; where that is reached, the connection
 * that has been idle longest is closed for a new one: of the same address, or of the address that has most. A connection with a request
 * under way is never closed. A new one is refused only where none is idle.
 */
import type { Socket } from 'node:net';
import { limitKey } from './client-address.ts';

interface ConnectionLimits {
  /** By their keys in praas.conf; -1 is no limit. */
  readonly settings: () => { readonly max_connections: number; readonly max_connections_per_address: number };
  /** What this process can have open, whatever the settings are. */
  readonly mostPossible: number;
  /** True for addresses whose connections are those of many clients. */
  readonly isProxy: (address: string) => boolean;
  /** Called with the key of the limit for each connection that is closed for it. */
  readonly onClosed: (limit: string) => void;
}

interface Connection {
  readonly socket: Socket;
  requests: number;
}

export class Connections {
  readonly #limits: ConnectionLimits;
  /** By address, oldest first. */
  readonly #byAddress = new Map<string, Set<Connection>>();
  readonly #byPeer = new Map<string, Connection>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** To be called with each new connection, before anything is read from it. */
  add(socket: Socket): void {
    const { remoteAddress } = socket;
    // The client is gone already.
    if (remoteAddress === undefined) return;
    const key = limitKey(remoteAddress);
    const own = this.#byAddress.get(key) ?? new Set();
    if (!this.#hasRoom(remoteAddress, own)) {
      socket.destroy();
      return;
    }
    const connection: Connection = { socket, requests: 0 };
    const peer = peerOf(socket);
    this.#byAddress.set(key, own.add(connection));
    this.#byPeer.set(peer, connection);
    socket.once('close', () => {
      own.delete(connection);
      if (own.size === 0 && this.#byAddress.get(key) === own) this.#byAddress.delete(key);
      if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer);
    });
  }

  /** Gives what is to be called when the request that has just begun on this connection, or in its TLS, ends. */
  begin(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): () => void {
    const connection = this.#byPeer.get(peerOf(socket));
    if (connection === undefined) return () => undefined;
    connection.requests += 1;
    return () => {
      connection.requests -= 1;
    };
  }

  /** How many all addresses together may have: what the settings allow, and this process can have open. */
  get most(): number {
    const { settings, mostPossible } = this.#limits;
    const { max_connections } = settings();
    return max_connections < 0 ? mostPossible : Math.min(max_connections, mostPossible);
  }

  #hasRoom(address: string, own: Set<Connection>): boolean {
    const { settings, isProxy } = this.#limits;
    const { max_connections_per_address: mostOfAddress } = settings();
    if (mostOfAddress >= 0 && own.size >= mostOfAddress && !isProxy(address))
      return this.#closeIdle(own, 'max_connections_per_address');
    return this.#byPeer.size < this.most || this.#closeIdleOfMost();
  }

  #closeIdleOfMost(): boolean {
    const byCount = [...this.#byAddress.values()].toSorted((a, b) => b.size - a.size);
    return byCount.some((connections) => this.#closeIdle(connections, 'max_connections'));
  }

  /** False when none is idle. */
  #closeIdle(connections: Set<Connection>, limit: string): boolean {
    this.#limits.onClosed(limit);
    for (const connection of connections) {
      if (connection.requests > 0) continue;
      // Its event comes later, and the next new connection may come before.
      connections.delete(connection);
      this.#byPeer.delete(peerOf(connection.socket));
      connection.socket.destroy();
      return true;
    }
    return false;
  }
}

function peerOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`;
}
