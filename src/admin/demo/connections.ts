/** The client half of a peer: TCP connections and UDP sockets that are tried once or held open. */
import { createSocket } from 'node:dgram';
import { connect as connectTcp } from 'node:net';
import { Inbox } from './inbox.ts';
import { eachLine } from './lines.ts';
import {
  type ConnectionResult,
  connectionErrorOf,
  type Destination,
  type PeerResponse,
  parseReply,
} from './peer-protocol.ts';

/** A connection or socket that is open, or being opened. */
interface Connection {
  readonly inbox: Inbox;
  send(text: string): void;
  /** Ends at once; TCP with a reset, so that the same source port can be used again immediately. */
  close(): void;
}

export class Connections {
  readonly #held = new Map<number, Connection>();
  #lastNumber = 0;

  /** Connects, waits for one reply and disconnects. Over UDP it sends a datagram to get one. */
  async connect(destination: Destination): Promise<ConnectionResult> {
    const connection = dial(destination);
    try {
      if (destination.protocol === 'udp') connection.send('hello');
      return await connection.inbox.next(destination.timeoutMs);
    } finally {
      connection.close();
    }
  }

  /** Connects and holds the connection. Over UDP nothing is sent and nothing received yet. */
  async open(destination: Destination): Promise<PeerResponse> {
    const connection = dial(destination);
    const { protocol, timeoutMs } = destination;
    const response: PeerResponse = protocol === 'udp' ? { done: true } : await connection.inbox.next(timeoutMs);
    if ('error' in response) {
      connection.close();
      return response;
    }
    this.#held.set(++this.#lastNumber, connection);
    return { ...response, connection: this.#lastNumber };
  }

  /** Sends a line on a held connection and waits for the reply to it. */
  async send(number: number, text: string, timeoutMs: number): Promise<ConnectionResult> {
    const connection = this.#held.get(number);
    if (connection === undefined) return { error: 'closed' };
    connection.inbox.clear();
    connection.send(text);
    return connection.inbox.next(timeoutMs);
  }

  /** Ends a held connection; that there is none is no error. */
  close(number: number): void {
    this.#held.get(number)?.close();
    this.#held.delete(number);
  }

  closeAll(): void {
    for (const number of this.#held.keys()) this.close(number);
  }
}

function dial(destination: Destination): Connection {
  return destination.protocol === 'udp' ? dialUdp(destination) : dialTcp(destination);
}

function dialTcp({ address, port, sourceIp, sourcePort }: Destination): Connection {
  const inbox = new Inbox();
  const socket = connectTcp({
    host: address,
    port,
    ...(sourceIp !== undefined && { localAddress: sourceIp }),
    ...(sourcePort !== undefined && { localPort: sourcePort }),
  });
  socket.on('error', (error) => inbox.end(connectionErrorOf(error)));
  socket.on('close', () => inbox.end({ error: 'closed' }));
  eachLine(socket, (line) => inbox.add(parseReply(line)));
  return {
    inbox,
    send: (text) => void socket.write(`${text}\n`),
    // A reset would wait until the socket is connected.
    close: () => void (socket.connecting ? socket.destroy() : socket.resetAndDestroy()),
  };
}

function dialUdp({ address, port, sourceIp, sourcePort }: Destination): Connection {
  const inbox = new Inbox();
  const socket = createSocket('udp4');
  // Only a connected socket reports that nothing listens there. The socket stays open: a server may start later.
  const fail = (error: unknown): void => inbox.add(connectionErrorOf(error));
  socket.on('error', fail);
  socket.on('message', (text) => inbox.add(parseReply(text.toString())));
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port: sourcePort ?? 0, ...(sourceIp !== undefined && { address: sourceIp }) }, () =>
      socket.connect(port, address, () => {
        socket.off('error', reject);
        resolve();
      }),
    );
  });
  return {
    inbox,
    send: (text) =>
      void connected.then(
        () => socket.send(text, (error) => error && fail(error)),
        () => undefined,
      ),
    close: () => void connected.catch(() => undefined).then(() => socket.close()),
  };
}
